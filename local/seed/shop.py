"""The shop of `make seed`, filled through the API by its users.

Every request can be repeated, so an interrupted run is completed by the next one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from local.api_user import ApiUser, upload
from local.emulator_clients import Outputs, client
from local.seed import catalogue
from local.seed.catalogue import SeedOrder, key
from local.seed.pictures import SeedPicture, pictures
from local.stack_probe import NotSeen, StackProbe, wait_for

_PAUSE = 0.3  # seconds between two looks, which take time themselves
_PATIENCE = 120  # seconds, on a machine that does other things as well


@dataclass(frozen=True)
class Shop:
    """The users, signed in, and the IDs of the groups by their names."""

    users: dict[str, ApiUser]
    groups: dict[str, str]
    threads: ThreadPoolExecutor
    probe: StackProbe

    @classmethod
    def open(cls, outputs: Outputs, threads: ThreadPoolExecutor) -> Self:
        """Create the users and the groups."""
        names = [*catalogue.USERS, catalogue.STAFF]
        signed_in = threads.map(lambda name: ApiUser.sign_in(outputs, name), names)
        users = dict(zip(names, signed_in, strict=True))
        client("cognito-idp", outputs).admin_add_user_to_group(
            UserPoolId=outputs["UserPoolId"], Username=catalogue.STAFF, GroupName="staff"
        )
        shop = cls(users, {}, threads, StackProbe(outputs))
        for number, (name, description) in enumerate(catalogue.GROUPS.items()):
            owner = catalogue.USERS[number % len(catalogue.USERS)]
            body = {"name": name, "description": description}
            shop.groups[name] = shop.create(owner, "/groups", body, name)["groupID"]
        return shop

    def create(self, user: str, path: str, body: dict[str, Any], *parts: object) -> dict[str, Any]:
        """Send a POST request that creates something once. Returns what was created."""
        headers = {"Idempotency-Key": key(user, path, *parts)}
        answer = self.users[user].request("POST", path, body, headers)
        if answer.status != 201:
            raise NotSeen(f"POST {path} answered {answer.status} {answer.body}")
        return answer.body  # type: ignore[no-any-return]

    def add_pictures(self) -> None:
        """Upload the pictures, and wait until they are processed."""
        everything = list(pictures())
        # While the environment for the first one starts, each other one would start its own.
        for some in (everything[:1], everything[1:]):
            for user, image_id in filter(None, list(self.threads.map(self._upload, some))):
                settled = partial(self._is_settled, user, image_id)
                wait_for(f"image {image_id}", settled, _PATIENCE, _PAUSE)

    def talk(self) -> None:
        """Send the messages, one after the other."""
        for number, (sender, recipient, text) in enumerate(catalogue.conversations()):
            self.create(sender, "/messages", {"to": recipient, "text": text}, number)

    def place_orders(self) -> None:
        """Place all orders, and wait until the last one is stored."""
        orders = catalogue.orders()
        for some in (orders[:1], orders[1:-1]):  # the first one starts an environment
            list(self.threads.map(self._place, some))
            self._until_written()
        # Those that are refused must arrive after those that are stored.
        list(self.threads.map(self._place_again, orders))
        self._place(orders[-1])
        self._until_written()

    def _until_written(self) -> None:
        wait_for("an empty orders queue", lambda: not self.probe.queued(), _PATIENCE, _PAUSE)

    def _place(self, order: SeedOrder) -> None:
        self._put(order.user, order.id, order.body)

    def _place_again(self, order: SeedOrder) -> None:
        if order.second:
            self._put(order.user, order.id, order.second)
        if order.taken_by:
            self._put(order.taken_by, order.id, order.body)

    def _put(self, user: str, order_id: str, body: dict[str, Any]) -> None:
        answer = self.users[user].request("PUT", f"/orders/{order_id}", body)
        if answer.status != 202:
            raise NotSeen(f"PUT /orders/{order_id} answered {answer.status} {answer.body}")

    def _upload(self, picture: SeedPicture) -> tuple[str, str] | None:
        """Return the user and the ID of an image that was uploaded; None without an upload."""
        path = f"/groups/{self.groups[picture.group]}/images" if picture.group else "/images"
        body = {"contentType": picture.content_type, "title": picture.title}
        image = self.create(picture.user, path, body, picture.title)
        if picture.content is None:
            return None
        if "upload" in image:  # otherwise an earlier run has uploaded it
            status = upload(image["upload"], picture.content)
            if status != 204:
                raise NotSeen(f"the upload of {picture.title} answered {status}")
        return picture.user, image["imageID"]

    def _is_settled(self, user: str, image_id: str) -> bool:
        image = self.users[user].request("GET", f"/images/{image_id}").body
        return bool(image["status"] != "PENDING")
