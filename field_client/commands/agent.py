"""``tapak agent``: exchanges by itself, as soon as a network comes."""

import signal
import threading

import click

from field_client.agent import Agent
from field_client.edge import Device, help_text


@click.command(help=help_text("agent"))
@click.pass_obj
def command(device: Device) -> None:
    """Run until Ctrl-C; an exchange that is under way is safe to interrupt."""
    device.transport().close()
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    agent = Agent(device.home, device.language)
    agent.start()
    device.say("client.agent.started")
    # A wait without a time-out cannot be interrupted on Windows.
    while not stop.wait(1):
        pass
    agent.stop()
    device.say("client.agent.stopped")
