"""The example extension: what `s.yaml` deploys. Replace the packs with yours."""

from dataworks_ext import Extension

from .downloads import downloads
from .uploads import uploads

extension = Extension("data-guard", packs=[downloads, uploads])
