"""A data set folder, or anybody's ImageFolder, as one table."""

from tracer.dataset.photoset import PhotoSet as PhotoSet
from tracer.dataset.photoset import Problem as Problem
from tracer.dataset.photoset import groups as groups
from tracer.dataset.photoset import open_set as open_set
from tracer.dataset.photoset import phone_or_not as phone_or_not
from tracer.dataset.photoset import photo_id_from_sha256 as photo_id_from_sha256
from tracer.dataset.splits import read_split as read_split
