"""Who may see or delete an image: its owner, and those to whom its group gives a right."""

from common.api.errors import NotFound
from common.groups import Group, groups
from common.images import Image, Status, images


def visible(image_id: str, caller: str) -> Image:
    """The caller's own image, or one that its group shows. Raises NotFound."""
    image = images().get(image_id)
    if image.owner != caller and not (image.status == Status.READY and _group(image)):
        raise NotFound("no such image")
    return image


def deletable(image_id: str, caller: str) -> Image:
    """The caller's own image, or one in a group of the caller's. Raises NotFound."""
    image = images().get(image_id)
    if image.owner != caller:
        group = _group(image)
        if group is None or group.owner != caller:
            raise NotFound("no such image")
    return image


def _group(image: Image) -> Group | None:
    """The image's group, if it is in one that is still there."""
    try:
        return groups().get(image.groupID) if image.groupID else None
    except NotFound:
        return None
