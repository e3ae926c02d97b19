"""A workspace: one folder with settings, catalogue, cache, exports, runs and originals, and a lock for its only writer."""

from curate.workspace.folder import CATALOG as CATALOG
from curate.workspace.folder import Workspace as Workspace
from curate.workspace.folder import free_folder as free_folder
from curate.workspace.folder import is_workspace as is_workspace
