"""Reads a data set folder, or any ImageFolder, as one table."""

from tracer.dataset.files import Problem as Problem
from tracer.dataset.labels import camera_models as camera_models
from tracer.dataset.labels import groups as groups
from tracer.dataset.labels import phone_or_not as phone_or_not
from tracer.dataset.photo_ids import photo_id_from_sha256 as photo_id_from_sha256
from tracer.dataset.photoset import PhotoSet as PhotoSet
from tracer.dataset.photoset import open_set as open_set
from tracer.dataset.splits import PARTS as PARTS
from tracer.dataset.splits import Part as Part
from tracer.dataset.splits import SplitFile as SplitFile
from tracer.dataset.splits import read_split as read_split
