"""Pictures of every page of the site, and what is wrong in them: `make screenshots`."""
