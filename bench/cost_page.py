"""The text of docs/cost.md. Its fields are what `bench.cost` has counted."""

TEXT = """\
# What it costs

`make bench ARGS="--keep cost"` writes this page. It counts the requests, invocations, log bytes and
seconds of the functions as built, and multiplies them by the prices of {date} in us-east-1.
Free tiers, volume discounts, storage, data transfer and tax are not included. Lambda's seconds
were measured on the machine that ran the benchmark, with services that answer after 5 ms; they are
a small part of every bill here. Lambda polls an idle queue with five pollers, every 20 s each; no
setting changes that.

## A million orders in a rush

10,000 orders per minute. All three implementations have the same API in front of the queue. The
tutorial and the documented writer get Lambda's default batches, of 10 messages and of 100 stream
records, and the tutorial's publisher sends one email per order. They have no indexes for listing
the orders of a buyer and of the shop (a write unit each per order), no access log and no traces.
Live events are not included: they add the queue and the function that receive the events.

{million}

SNS suspends a subscription that gets more than 10 emails per second. Most of the million emails of
the baselines would therefore never be sent; their line shows what sending them would cost.

## A million orders through all states

The shop accepts, packs, ships and delivers each order, {at_once} orders per request. DynamoDB Local
reports the units of these changes. The tutorial has no states; its bill is for placing the orders.

{life}

{life_target}

The four changes of an order take {change_writes} write units: one each for the order, and
{desk_writes} for the index in which the shop finds it. {unmoved} of these are there because the
index has the states of the orders, so that the shop reads a page of them for fewer than five read
units. Without them, the share would be {least_share} %, and a page of 20 orders would cost ten read
units more. Orders that are changed one at a time cost a request to the API per change: a shop with
many orders should change them together.

## A million images

Photographs of 12 megapixels, uploaded and cleaned, with metadata and a thumbnail. The baselines
have no images.

{images}

## A month of a small shop

{shop_orders} orders that arrive one at a time, {shop_images} images, {shop_reads} requests for a
list of orders; every request is traced. Most of the total is the standing cost. AWS's free tier
(10 alarms, 10 metrics, 3 dashboards and a million SQS requests) covers nearly all of it; it is not
included here.

{shop}

`make cost ORDERS=3000 PICTURES=300 USERS=500` prints a month with your own figures.

## Prices

{prices}
"""
