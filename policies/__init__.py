"""The example extension: what `s.yaml` deploys. Replace the packs with yours."""

from dataworks_ext import Extension

from .downloads import downloads
from .files import files
from .nodes import nodes
from .permissions import permissions
from .sql import sql
from .uploads import uploads
from .workspaces import workspaces

extension = Extension("data-guard", packs=[downloads, uploads, files, sql, nodes, workspaces, permissions])
