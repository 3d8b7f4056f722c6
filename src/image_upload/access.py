"""Which images a user may see and delete."""

from common.api.errors import NotFound
from common.image import Image
from common.image_sharing import group_of, is_shared
from common.images import images


def visible_image(image_id: str, caller: str) -> Image:
    """The caller's own image, or one that a group shares. Raises NotFound."""
    image = images().get(image_id)
    if image.owner != caller and not is_shared(image):
        raise NotFound("no such image")
    return image


def deletable_image(image_id: str, caller: str) -> Image:
    """The caller's own image, or one in a group that the caller owns. Raises NotFound."""
    image = images().get(image_id)
    if image.owner != caller:
        group = group_of(image)
        if group is None or group.owner != caller:
            raise NotFound("no such image")
    return image
