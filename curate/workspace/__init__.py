"""A workspace: one folder with settings, catalogue, cache, exports and runs; and the lock that its one writer holds."""

from curate.workspace.folder import CATALOG as CATALOG
from curate.workspace.folder import Workspace as Workspace
from curate.workspace.folder import free_folder as free_folder
from curate.workspace.folder import is_workspace as is_workspace
