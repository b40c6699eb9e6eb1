"""How the documentation becomes a site: sphinx-build -W --keep-going docs docs/_build."""

from importlib import metadata

project = "ecumene"
author = "the ecumene authors"
copyright = "2026, the ecumene authors"  # noqa: A001 - Sphinx names it so
version = release = metadata.version("ecumene")

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_heading_anchors = 4
nitpicky = True

html_theme = "furo"
html_title = "ecumene"
html_static_path = []
html_show_sourcelink = False
