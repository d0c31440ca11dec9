"""Pages of those who notify: notices, providers, hosts, leads, sites, and the industry's inbox."""
