"""Download what the project does not ship: extracts, postcodes, boundaries."""

from impact.fetch.download import Download, download
from impact.fetch.sources import GROUPS, Source, read_sources
from impact.fetch.transfer import Patience

__all__ = ["GROUPS", "Download", "Patience", "Source", "download", "read_sources"]
