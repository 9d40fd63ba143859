"""`trace watch test-alert`: does an alert reach me?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import click

from reports.alert.context import Context
from reports.alert.message import trial
from tracer.cli.labels_common import lang_option, spoken
from tracer.cli.options import config_of
from tracer.errors import UsageError
from tracer.hostile import clean
from tracer.label_files import load_tokens
from tracer.watch.channel_open import open_channels
from tracer.watch.channels import Channel, Undelivered, try_out, unix_now
from tracer.words import Words, translated

FAILED = 1
SENTENCE = 400


@click.command(name="test-alert")
@lang_option
def try_channels() -> int:
    """Send a test message through every channel, and say which took it."""
    w = spoken()
    config = config_of()
    channels = open_channels(config.channels, lang=w.lang, write=_line)
    if not channels:
        raise UsageError("error.no_channels")
    context = Context(config.chains, lambda _number: None, load_tokens(), unix_now)
    return asyncio.run(_all(channels, context, w))


async def _all(channels: Sequence[Channel], context: Context, w: Words) -> int:
    taken = await asyncio.gather(*(_one(channel, context, w) for channel in channels))
    return 0 if all(taken) else FAILED


async def _one(channel: Channel, context: Context, w: Words) -> bool:
    try:
        await try_out(channel, trial(channel.name, channel.lang, context), unix_now())
    except Undelivered as failure:
        why = clean(translated(failure.why, w), SENTENCE)
        click.echo(w("watch.test_failed", channel=channel.name, why=why), err=True)
        return False
    click.echo(w("watch.test_sent", channel=channel.name))
    return True


def _line(text: str) -> None:
    click.echo(text, err=True)
