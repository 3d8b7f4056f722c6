"""What the users of a run see of their messages and pictures, and what search finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bench.chaos.clients import BUYERS, Customers
from bench.chaos.ledger import WORD, Ledger


@dataclass
class Balance:
    """What does not balance, and what was counted."""

    problems: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


class Lists:
    """Compares what the API shows with a ledger, and writes the result into a balance."""

    def __init__(self, customers: Customers, ledger: Ledger, balance: Balance) -> None:
        self._customers = customers
        self._ledger = ledger
        self._balance = balance

    def messages(self) -> None:
        ledger = self._ledger
        seen: Counter[tuple[str, str]] = Counter()
        for name in BUYERS:
            for other in BUYERS:
                if other != name:
                    pages = self._pages(name, f"/messages?with={other}", "messages")
                    seen.update((name, message["text"]) for message in pages)
        for sent in ledger.messages:
            for name in (sent.sender, sent.recipient):
                if seen[name, sent.text] != 1:
                    text = f"{name} has the message {sent.text!r} {seen[name, sent.text]} times"
                    self._balance.problems.append(text)
        self._balance.problems += [
            f"{name} has the message {text!r} {count} times"
            for (name, text), count in seen.items()
            if count > 1 or text not in ledger.attempted
        ]
        self._balance.counts["messages confirmed"] = len(ledger.messages)
        self._balance.counts["messages stored"] = seen.total() // 2

    def pictures(self) -> None:
        images = [image for name in BUYERS for image in self._pages(name, "/images", "images")]
        titles = Counter(image["title"] for image in images)
        ready = {image["imageID"] for image in images if image["status"] == "READY"}
        for title, (_, image_id) in self._ledger.pictures.items():
            if image_id not in ready:
                self._balance.problems.append(f"{title} was uploaded and is not READY")
        self._balance.problems += [
            f"{title} exists {count} times" for title, count in titles.items() if count > 1
        ]
        self._balance.counts["pictures uploaded"] = len(self._ledger.pictures)
        self._balance.counts["pictures ready"] = len(ready)

    def index(self) -> None:
        """Each buyer finds what the tables have, in the state that it has there."""
        found = 0
        for name in BUYERS:
            hits = list(self._pages(name, f"/search?q={WORD}", "results"))
            indexed = Counter(_summary(hit["type"], hit["data"]) for hit in hits)
            expected = Counter(
                _summary(kind, each)
                for kind, path, field_ in (
                    ("order", "/orders", "orders"),
                    ("image", "/images", "images"),
                    *(("message", f"/messages?with={o}", "messages") for o in BUYERS if o != name),
                )
                for each in self._pages(name, path, field_)
            )
            self._balance.problems += [
                f"search of {name} lacks {each}" for each in expected - indexed
            ]
            self._balance.problems += [
                f"search of {name} has also {each}" for each in indexed - expected
            ]
            found += len(hits)
        self._balance.counts["documents found by search"] = found

    def _pages(self, name: str, path: str, field_: str) -> Iterator[dict[str, Any]]:
        """All entries of a list."""
        following: str | None = ""
        while following is not None:
            query = f"limit=100{following and f'&next={following}'}"
            url = f"{path}{'&' if '?' in path else '?'}{query}"
            answer = self._customers.until_answered(name, "GET", url)
            if answer.status != 200:
                return
            yield from answer.body[field_]
            following = answer.body["next"]


def _summary(kind: str, data: dict[str, Any]) -> tuple[str, ...]:
    """What is compared of an entry: its id, and what changes."""
    match kind:
        case "order":
            return kind, data["orderID"], data["state"]
        case "image":
            return kind, data["imageID"], data["status"]
    return kind, data["messageID"]
