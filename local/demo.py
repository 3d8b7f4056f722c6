"""An order, a picture and a message through the local stack, as it happens: `make demo`."""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from typing import Any

import aiohttp

from local.shop import PATIENCE, NotSeen, Shop, seen
from local.shopper import Shopper, download, upload
from local.stack import Stack
from local.template import ROOT

ORDER = {"item": "latex gloves", "customerID": "12345"}
PICTURE = ROOT / "local" / "picture.jpg"


def say(hop: str, text: str, since: float | None = None) -> None:
    """Print a hop, and the milliseconds since an earlier `time.monotonic()`."""
    took = f"{(time.monotonic() - since) * 1000:,.0f} ms" if since else ""
    name = f"{hop:<12}"
    if sys.stdout.isatty():
        name = f"\033[32m{name}\033[0m"
    first, *more = text.splitlines()
    print(f"  {name}{took:>9}  {first}")
    for line in more:
        print(f"{'':25}{line}".rstrip())


def follow_an_order(shop: Shop, shopper: Shopper) -> None:
    """POST one, and see it at every hop."""
    start = time.monotonic()
    answer = shopper.request("POST", "/orders", ORDER)
    if answer.status != 202:
        raise NotSeen(f"accepted: the API answered {answer.status} {answer.body}")
    order_id = answer.body["orderID"]
    say("accepted", f"202, order {order_id}", start)

    accepted = time.monotonic()
    say("queue", seen("queue", lambda: shop.queued() or left_queue(shop, order_id)), accepted)
    item = seen("table", lambda: shop.stored(order_id))
    fields = ", ".join(f"{k} {next(iter(v.values()))}" for k, v in item["order"]["M"].items())
    say("table", f"{fields}, placedAt {item['placedAt']['S']}", accepted)
    [text] = seen("notified", lambda: shop.notifications(order_id))
    say("notified", text, accepted)

    answer = shopper.request("GET", f"/orders/{order_id}")
    if answer.status != 200 or answer.body["order"] != ORDER:
        raise NotSeen(f"read back: the API answered {answer.status} {answer.body}")
    say("read back", f"GET /orders/{order_id} is what was placed")


def left_queue(shop: Shop, order_id: str) -> str | None:
    """The table is proof that an order was in the queue, where nobody looked in time."""
    return "left already" if shop.stored(order_id) else None


def repeat_an_order(shop: Shop, shopper: Shopper) -> None:
    """PUT one three times, then another under its id."""
    order_id = str(uuid.uuid4())
    start = time.monotonic()
    for _ in range(3):
        shopper.request("PUT", f"/orders/{order_id}", ORDER)
    seen("once", lambda: shop.notifications(order_id))
    shopper.request("PUT", f"/orders/{order_id}", {**ORDER, "item": "something else"})
    reason = seen("refused", lambda: shop.dead_letter_reason(order_id))
    shop.give_back()  # `make dlq` is for everybody to try
    seen("once", lambda: not shop.queued())
    if len(shop.notifications(order_id)) != 1:
        raise NotSeen("once: the order was notified of more than once")
    say("once", f"3 times PUT /orders/{order_id}: one order, one notification", start)
    say("refused", f"another order under that id, a dead letter: {reason}")


def follow_a_picture(shopper: Shopper) -> None:
    """Upload one past the API, and see what is made of it."""
    picture = PICTURE.read_bytes()
    start = time.monotonic()
    answer = shopper.request("POST", "/images", {"contentType": "image/jpeg"})
    if answer.status != 201:
        raise NotSeen(f"invited: the API answered {answer.status} {answer.body}")
    image_id = answer.body["imageID"]
    say("invited", f"201, image {image_id} is {answer.body['status']}", start)

    start = time.monotonic()
    status = upload(answer.body["upload"], picture)
    if status != 204:
        raise NotSeen(f"uploaded: S3 answered {status}")
    say("uploaded", f"204, {len(picture):,} bytes by presigned POST to S3", start)

    uploaded = time.monotonic()
    image = seen("ready", lambda: settled(shopper, image_id))
    if image["status"] != "READY":
        raise NotSeen(f"ready: the image is {image['status']}, {image['reason']}")
    text = f"{image['status']}, {image['width']} x {image['height']}, {image['size']:,} bytes"
    say("ready", f"{text} without what it says about itself:", uploaded)
    exif, gps = image["metadata"]["exif"], image["metadata"]["gps"]
    say("", f"{exif['Make']} {exif['Model']}, {exif['DateTimeOriginal']}")
    say("", f"taken at {gps['GPSLatitude']:.4f}, {gps['GPSLongitude']:.4f}")

    status, thumbnail, headers = download(image["thumbnailUrl"])
    if status != 200:
        raise NotSeen(f"thumbnail: S3 answered {status}")
    text = (
        f"{len(thumbnail):,} bytes of {headers['Content-Type']}, by an address good for 5 minutes"
    )
    say("thumbnail", text)


def settled(shopper: Shopper, image_id: str) -> dict[str, Any] | None:
    """The image, once it is PENDING no more."""
    image: dict[str, Any] = shopper.request("GET", f"/images/{image_id}").body
    return None if image["status"] == "PENDING" else image


async def follow_a_message(shopper: Shopper, friend: Shopper) -> None:
    """Send one to a user who listens, and hear it arrive."""
    ticket = friend.request("POST", "/live")
    if ticket.status != 201:
        raise NotSeen(f"listening: the API answered {ticket.status} {ticket.body}")
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(ticket.body["url"]) as socket,
    ):
        say("listening", "a friend, by WebSocket, with a ticket that counts once")
        sent = time.monotonic()
        message = {"to": "friend", "text": "your gloves are on their way"}
        answer = await asyncio.to_thread(shopper.request, "POST", "/messages", message)
        if answer.status != 201:
            raise NotSeen(f"sent: the API answered {answer.status} {answer.body}")
        say("sent", f"201, message {answer.body['messageID']}", sent)
        event = json.loads(await socket.receive_str(timeout=PATIENCE))
        say("heard", f"{event['type']}: {event['data']['text']}", sent)


def main() -> int:
    outputs = Stack().outputs()
    try:
        shopper = Shopper.sign_in(outputs, "demo")
        say("signed in", "demo")
        follow_an_order(Shop(outputs), shopper)
        repeat_an_order(Shop(outputs), shopper)
        follow_a_picture(shopper)
        asyncio.run(follow_a_message(shopper, Shopper.sign_in(outputs, "friend")))
    except (NotSeen, TimeoutError, aiohttp.ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    print()
    say("look", f"{outputs['GatewayUrl']}/  the shop")
    say("", f"{outputs['GatewayUrl']}/_local/notifications  what SNS and Cognito would have mailed")
    say("", "make dlq   the dead letters, and how to send them again")
    say("", "make down  the end")
    return 0


if __name__ == "__main__":
    sys.exit(main())
