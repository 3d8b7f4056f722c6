"""The definition of the index in OpenSearch: its settings and the fields of its documents."""

from __future__ import annotations

from typing import Any

_VISIBLE_TEXT = {"type": "text", "copy_to": ["text", "ownText"]}
_OWNER_TEXT = {"type": "text", "copy_to": ["ownText"]}  # only the owner finds documents by it

# `boolean` gives a word the same score in every document. The default, BM25, counts the documents
# that contain it, also those that the caller cannot see (OpenSearch guide, "similarity").
_SEARCHED = {"type": "text", "similarity": "boolean"}


def _object(**properties: Any) -> dict[str, Any]:
    return {"properties": properties}


DEFINITION = {
    "settings": {
        "index": {
            "number_of_shards": 1,
            "auto_expand_replicas": "0-1",  # a replica needs a second node
            # Without a value, OpenSearch stops refreshing an index that nobody searches.
            "refresh_interval": "1s",
            # How long the version of a deleted document is kept: longer than any invocation runs.
            "gc_deletes": "1h",
            "analysis": {
                "analyzer": {
                    "default": {
                        "type": "custom",
                        "tokenizer": "standard",
                        "filter": ["lowercase", "asciifolding"],
                    }
                }
            },
        }
    },
    "mappings": {
        "dynamic": False,
        "properties": {
            "key": {"type": "keyword"},
            "type": {"type": "keyword"},
            "visibleTo": {"type": "keyword"},
            "owner": {"type": "keyword"},
            "at": {"type": "date"},
            "text": _SEARCHED,
            "ownText": _SEARCHED,
            "data": _object(
                orderID=_VISIBLE_TEXT,
                order=_object(item=_VISIBLE_TEXT, note=_VISIBLE_TEXT, customerID=_VISIBLE_TEXT),
                imageID=_VISIBLE_TEXT,
                title=_VISIBLE_TEXT,
                metadata=_object(camera=_OWNER_TEXT, takenAt=_OWNER_TEXT),
                place=_object(
                    latitude=_OWNER_TEXT,
                    longitude=_OWNER_TEXT,
                    area=_OWNER_TEXT,
                    sublocation=_OWNER_TEXT,
                    city=_OWNER_TEXT,
                    province=_OWNER_TEXT,
                    country=_OWNER_TEXT,
                ),
                name=_VISIBLE_TEXT,
                description=_VISIBLE_TEXT,
                owner=_VISIBLE_TEXT,
                **{"from": _VISIBLE_TEXT},
                to=_VISIBLE_TEXT,
                text=_VISIBLE_TEXT,
            ),
        },
    },
}
