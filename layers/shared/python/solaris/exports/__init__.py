"""Reports as files: jobs, formats, downloads."""
