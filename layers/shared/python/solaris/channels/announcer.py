"""Puts an alert on the channels queue, a message for each channel that takes it.

The alerts function calls it after the mails. Without channels it costs nothing but the document,
which a process remembers for 2.5 s. What is announced says so in its item, so that copies of an
alert's message do not announce it again; who dies in between announces twice, and the claims of
deliveries.py let one of the two through.
"""

from solaris.alerts.alert import Alert
from solaris.alerts.announcing import AlertNotice
from solaris.channels.deliveries import DeliveryStore
from solaris.channels.events import Delivery, delivery_to_json, event_of
from solaris.channels.store import Channels, ChannelStore
from solaris.platform.aws.documents import Live
from solaris.platform.aws.queues import CHANNELS_QUEUE, Queues
from solaris.platform.logs import get_logger

_log = get_logger("solaris.channels")


class ChannelAnnouncer:
    """Announces alerts, as alerts/announcing.py asks for it."""

    def __init__(self, channels: ChannelStore, deliveries: DeliveryStore, queues: Queues) -> None:
        self._channels = channels
        self._known: Live[Channels] = Live(channels.read)
        self._deliveries = deliveries
        self._queues = queues

    def announce(self, alert: Alert, notice: AlertNotice) -> None:
        """Send the messages, once an alert. Raises StoreUnavailableError."""
        known = self._known.get().by_id.values()
        if not known:
            return
        event = event_of(alert, notice)
        taking = [one.channel_id for one in known if one.filter.takes(event.name, event.group_id)]
        if not taking:
            return
        standings = self._channels.standings(taking)
        taking = [one for one in taking if not standings[one].is_paused]
        if not taking or self._deliveries.is_announced(alert.alert_id):
            return
        self._deliveries.prepare(alert.alert_id)
        for channel_id in taking:
            self._queues.send(CHANNELS_QUEUE, delivery_to_json(Delivery(channel_id, event)))
        self._deliveries.announced(alert.alert_id)
        _log.info("alert_announced", what=event.name.value, channels=len(taking))
