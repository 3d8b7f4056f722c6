"""`make restore-drill`: a shop is backed up and restored on this machine, and compared.

Two local stacks start, with directories of their own. One gets users, orders, pictures and
messages. After the backup, one of its users is erased, and an order is placed. The other stack is
restored from the backup: it must have everything of it, and nothing of the erased user.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from local.api_user import ApiUser, upload
from local.demo.images import PICTURE, settled
from local.emulator_clients import Outputs, client
from local.listener import TopicListener
from local.opensearch import search_engine
from local.stack.deployment import StackFailed
from local.stack.local_stack import LocalStack
from local.stack_probe import NotSeen, wait_for
from ops.erase import erasures_of, find_person, follow
from ops.reindex import StepFailed
from ops.restore.command import Different, copies_of, restore
from ops.restore.compare import traces
from ops.restore.users import list_users
from ops.stack import DeployedStack
from project.commands import CommandFailed

BUYERS = ("drill-ann", "drill-ben", "drill-cem")
STAFF = "drill-staff"
ERASED = BUYERS[-1]

ORDERS = 4  # of each buyer
_PATIENCE = 180
_WORD = "drill"


class NotRestored(Exception):
    """The restored shop does not work as the first one. The text says what differs."""


def main() -> int:
    """Run the drill. Returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="restore-drill-") as folder:
        search = search_engine.is_available()
        first = LocalStack(Path(folder) / "first", 0, 0)
        second = LocalStack(Path(folder) / "second", 0, 0, search=search)
        try:
            drill(first, second, search=search)
        except (Different, NotRestored, NotSeen, StackFailed, CommandFailed, StepFailed) as error:
            print(error, file=sys.stderr)
            return 1
        finally:
            first.down()
            second.down()
    return 0


def drill(first: LocalStack, second: LocalStack, *, search: bool) -> None:
    """Fill the first stack, back it up, change it, and restore the second one."""
    outputs = first.up()
    source, shop = deployed(outputs), Shop.open(outputs)
    shop.fill()
    shown = {name: shop.shown_to(name) for name in BUYERS}
    erased = find_person(source, ERASED, None)
    texts = [erased.sub, erased.username, f"{_WORD} secret of {ERASED}"]
    users = list_users(source)
    with copies_of(source, None) as copies:
        erasures_of(source).start(erased.sub, erased.username, erased.email)
        follow(erasures_of(source), erased.sub)
        shop.place(BUYERS[0], f"{_WORD} order after the backup")
        shop.wait_for_orders(BUYERS[0], ORDERS + 1)

        outputs = second.up()
        target = deployed(outputs)
        events = TopicListener(outputs["OrderEventsTopic"], target.client)
        left = [user for user in users if user.sub != erased.sub]
        restore(copies, source, left, target)
    problems = traces(target, texts)
    restored = Shop.open(outputs)
    problems += restored.differences({n: shown[n] for n in BUYERS if n != ERASED})
    problems += restored.still_works(events, search=search)
    if problems:
        raise NotRestored("\n".join(problems))
    print("the restored shop has what the backup has, works, and nothing of the erased user")


def deployed(outputs: Outputs) -> DeployedStack:
    """A local stack, with the permissions of its operator."""
    place = f"Local stack at {outputs['Endpoint']}"
    return DeployedStack(outputs["Stack"], place, partial(client, outputs=outputs))


@dataclass(frozen=True)
class Shop:
    """The users of a stack, signed in with new passwords."""

    users: dict[str, ApiUser]

    @classmethod
    def open(cls, outputs: Outputs) -> Shop:
        """Sign in all users that exist; in a new shop, create them."""
        existing = {user.username for user in list_users(deployed(outputs))}
        names = [*BUYERS, STAFF]
        users = {
            name: ApiUser.sign_in(outputs, name, group="" if existing or name != STAFF else "staff")
            for name in names
            if not existing or name in existing
        }
        return cls(users)

    def fill(self) -> None:
        """Place orders, take some of them further, talk, and show pictures."""
        for name in BUYERS:
            for number in range(ORDERS):
                self.place(name, f"{_WORD} lamp {number}", note=f"{_WORD} secret of {name}")
            self.wait_for_orders(name, ORDERS)
            self._change(self._orders(name)[0], "accepted")
            self._show_picture(name)
        for sender in BUYERS:
            for recipient in BUYERS:
                if recipient != sender:
                    text = {"to": recipient, "text": f"{_WORD} secret of {sender}"}
                    self._done(sender, "POST", "/messages", text)
        self._done(BUYERS[0], "POST", "/groups", {"name": f"{_WORD} group"})

    def place(self, name: str, item: str, **fields: str) -> str:
        """Place an order, and return its id."""
        return str(self._done(name, "POST", "/orders", {"item": item, **fields})["orderID"])

    def wait_for_orders(self, name: str, count: int) -> None:
        """Wait until so many orders of a user are stored."""
        wait_for("orders", lambda: len(self._orders(name)) == count, _PATIENCE, 0.3)

    def shown_to(self, name: str) -> str:
        """What a user sees of orders, pictures and conversations, without ids of users and URLs."""
        others = [other for other in BUYERS if other not in (name, ERASED)]
        conversations = [self._done(name, "GET", f"/messages?with={other}") for other in others]
        shown = {
            "orders": [
                {key: order[key] for key in ("orderID", "order", "placedAt", "state", "version")}
                for order in self._orders(name)
            ],
            "images": [
                {key: image[key] for key in ("imageID", "title", "status", "size")}
                for image in self._done(name, "GET", "/images")["images"]
            ],
            "texts": [
                [(each["from"], each["text"], each["sentAt"]) for each in found["messages"]]
                for found in conversations
            ],
        }
        return json.dumps(shown, sort_keys=True)

    def differences(self, shown: dict[str, str]) -> list[str]:
        """Return the users who do not see what they saw before."""
        return [
            f"{name} does not see what was there before: {self.shown_to(name)}, not {before}"
            for name, before in shown.items()
            if self.shown_to(name) != before
        ]

    def still_works(self, events: TopicListener, *, search: bool) -> list[str]:
        """Repeat an order, take another one further, and search. Returns what is wrong."""
        problems = []
        buyer = BUYERS[0]
        old, other = self._orders(buyer)[-1], self._orders(buyer)[-2]
        self._done(buyer, "PUT", f"/orders/{old['orderID']}", old["order"])
        self._change(other, "accepted")
        new = self.place(buyer, f"{_WORD} order of the restored shop")
        self.wait_for_orders(buyer, ORDERS + 1)
        known: list[dict[str, Any]] = []

        def published() -> bool:
            known[:] = [json.loads(text) for text in events.received()]
            return any(each["data"]["orderID"] == new for each in known)

        wait_for("the event of a new order", published, _PATIENCE, 0.3)
        wait_for("the event of a change", lambda: published() and len(known) > 1, _PATIENCE, 0.3)
        expected = [("order.accepted", other["orderID"]), ("order.placed", new)]
        if sorted((each["type"], each["data"]["orderID"]) for each in known) != sorted(expected):
            problems.append(f"other events were published than {expected}: {known}")
        if "refused" in self._done(buyer, "GET", f"/orders/{old['orderID']}"):
            problems.append("the repetition of a restored order is refused")
        if search:
            path = f"/search?q={_WORD}&type=order&limit=100"
            wait_for(
                "the orders in search",
                lambda: len(self._done(buyer, "GET", path)["results"]) == ORDERS + 1,
                _PATIENCE,
                0.5,
            )
        return problems

    def _orders(self, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._done(name, "GET", "/orders?limit=100")["orders"]
        return found

    def _change(self, order: dict[str, Any], state: str) -> None:
        body = {"state": state, "version": order["version"]}
        self._done(STAFF, "POST", f"/shop/orders/{order['orderID']}/state", body)

    def _show_picture(self, name: str) -> None:
        body = {"contentType": "image/jpeg", "title": f"{_WORD} picture"}
        image = self._done(name, "POST", "/images", body)
        status = upload(image["upload"], PICTURE.read_bytes())
        if status != 204:
            raise NotSeen(f"the upload answered {status}")
        ready = partial(settled, self.users[name], image["imageID"])
        wait_for("the picture", ready, _PATIENCE, 0.3)

    def _done(self, name: str, method: str, path: str, body: object = None) -> dict[str, Any]:
        answer = self.users[name].request(method, path, body)
        if answer.status >= 300:
            raise NotSeen(f"{method} {path}: the API answered {answer.status} {answer.body}")
        found: dict[str, Any] = answer.body
        return found


if __name__ == "__main__":
    sys.exit(main())
