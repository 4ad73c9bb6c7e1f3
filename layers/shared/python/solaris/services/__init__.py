"""Use cases, one a module: they join the domain's rules to storage, upstream, mail and cache."""
