"""The experiments of the papers, and smaller ones, as configuration files."""
