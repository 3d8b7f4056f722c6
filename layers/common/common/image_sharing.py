"""The rule for sharing images: a group shows its READY images to every user."""

from common.api.errors import NotFound
from common.groups import Group, groups
from common.image import Image, Status


def is_shared(image: Image) -> bool:
    """Whether every user may see the image: it is READY and in a group that still exists."""
    return image.status == Status.READY and group_of(image) is not None


def group_of(image: Image) -> Group | None:
    """The image's group; None if it has no group or the group was deleted."""
    try:
        return groups().get(image.groupID) if image.groupID else None
    except NotFound:
        return None
