"""A user's journey with the generated client, on the local stack.

make client LANGUAGE=python
PYTHONPATH=.local/client/python python journey.py http://127.0.0.1:3000 picture.jpg
"""

import asyncio
import re
import sys
import uuid
from pathlib import Path

import httpx
from aiohttp import ClientSession
from storefront_client import AuthenticatedClient, Client
from storefront_client.api.images import create_upload, show_image
from storefront_client.api.live_events import create_ticket
from storefront_client.api.messages import send_message
from storefront_client.api.orders import place_order_as, show_order
from storefront_client.api.users import confirm, delete_self, register, sign_in
from storefront_client.models import (
    Confirmation,
    Deletion,
    NewImage,
    NewImageContentType,
    NewMessage,
    NewOrder,
    NewUser,
    SignIn,
    Tokens,
)

PASSWORD = "Correct-Horse-7-Battery"


async def main(url: str, picture: Path) -> None:
    anybody = Client(base_url=url)
    ann, bob = [await new_user(anybody, name) for name in ("ann", "bob")]
    tokens = await sign_in.asyncio(client=anybody, body=SignIn(username=ann, password=PASSWORD))
    assert isinstance(tokens, Tokens), tokens
    user = AuthenticatedClient(base_url=url, token=tokens.id_token)
    ticket = await create_ticket.asyncio(client=user)

    async with ClientSession() as http, http.ws_connect(ticket.url) as events:
        order_id = uuid.uuid4()  # placing it again would be safe
        order = NewOrder(item="latex gloves", quantity=2.5)
        await place_order_as.asyncio(order_id, client=user, body=order)
        print("live event:", (await next_event(events, "order.placed"))["data"]["orderID"])
        print("order:", await show_order.asyncio(order_id, client=user))

        new = NewImage(content_type=NewImageContentType.IMAGEJPEG, title="Harbour")
        created = await create_upload.asyncio(client=user, body=new)
        form = created.upload.fields.to_dict()  # the file comes last
        async with httpx.AsyncClient() as s3:
            sent = await s3.post(
                created.upload.url, data=form, files={"file": picture.read_bytes()}
            )
            sent.raise_for_status()
        await next_event(events, "image.ready")
    image = await show_image.asyncio(created.image_id, client=user)
    print("metadata:", image.metadata.exif.to_dict())

    message = await send_message.asyncio(
        client=user, body=NewMessage(to=bob, text="your gloves are on their way")
    )
    print("message:", message.text, "to", message.to)

    account = AuthenticatedClient(base_url=url, token=tokens.access_token)
    print(await delete_self.asyncio(client=account, body=Deletion(password=PASSWORD)))


async def new_user(anybody: Client, name: str) -> str:
    """Register and confirm a user, and return the user name."""
    name = f"{name}-{uuid.uuid4().hex[:8]}"
    email = f"{name}@example.com"
    await register.asyncio(
        client=anybody, body=NewUser(username=name, email=email, password=PASSWORD)
    )
    code = await mailed_code(anybody, email)
    await confirm.asyncio(client=anybody, body=Confirmation(username=name, code=code))
    return name


async def mailed_code(anybody: Client, email: str) -> str:
    """Return the code that was sent to an address. On AWS, it is in the user's mailbox."""
    answer = await anybody.get_async_httpx_client().get("/_local/notifications.json")
    mails = [each for each in answer.json()["notifications"] if email in each["subject"]]
    return re.search(r"\d{6}", mails[0]["text"])[0]


async def next_event(events, kind: str) -> dict:
    async for frame in events:
        if (event := frame.json())["type"] == kind:
            return event
    raise ConnectionError("closed")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
