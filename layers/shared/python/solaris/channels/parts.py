"""Alerts to webhooks, Teams and Slack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaris.platform.parts import part

if TYPE_CHECKING:
    from solaris.alerts.parts import AlertsParts
    from solaris.audit.parts import AuditParts
    from solaris.channels.announcer import ChannelAnnouncer
    from solaris.channels.deliverer import Deliverer
    from solaris.channels.deliveries import DeliveryStore
    from solaris.channels.management import ChannelManagement
    from solaris.channels.sending import ChannelSender
    from solaris.channels.store import ChannelStore
    from solaris.platform.parts import PlatformParts
    from solaris.quota.parts import QuotaParts


class ChannelsParts:
    """Alerts to webhooks, Teams and Slack."""

    def __init__(
        self,
        *,
        platform: PlatformParts,
        audit: AuditParts,
        quota: QuotaParts,
        alerts: AlertsParts,
    ) -> None:
        self.platform = platform
        self._audit = audit
        self._quota = quota
        self._alerts = alerts

    @part
    def store(self) -> ChannelStore:
        """The channels, and how they fare."""
        from solaris.channels.store import ChannelStore
        from solaris.platform.sealed_texts import TextSeal

        settings = self.platform.settings
        return ChannelStore(
            self.platform.dynamodb,
            periods_table=settings.table_name("periods"),
            documents=self._quota.documents,
            seal=TextSeal(settings.signing_secrets),
        )

    @part
    def deliveries(self) -> DeliveryStore:
        """How far each alert's deliveries are."""
        from solaris.channels.deliveries import DeliveryStore

        return DeliveryStore(self.platform.dynamodb, self.platform.settings.table_name("alerts"))

    @part
    def announcer(self) -> ChannelAnnouncer:
        """What puts alerts on the channels queue."""
        from solaris.channels.announcer import ChannelAnnouncer

        return ChannelAnnouncer(self.store, self.deliveries, self.platform.queues)

    @part
    def sender(self) -> ChannelSender:
        """What sends, and refuses to."""
        from solaris.channels.addresses import AllowedHosts
        from solaris.channels.sending import ChannelSender

        return ChannelSender(AllowedHosts.of(self.platform.settings.channel_allowed_hosts))

    @part
    def deliverer(self) -> Deliverer:
        """What takes the queue's messages to the receivers."""
        from solaris.channels.deliverer import Deliverer

        settings = self.platform.settings
        return Deliverer(
            channels=self.store,
            deliveries=self.deliveries,
            sender=self.sender,
            queues=self.platform.queues,
            site=settings.own_address,
            zone=settings.zone,
            clock=self.platform.clock,
        )

    @part
    def management(self) -> ChannelManagement:
        """What people do with channels."""
        from solaris.channels.management import ChannelManagement

        return ChannelManagement(
            channels=self.store,
            checker=self.sender,
            try_out=self.deliverer.try_out,
            close_alert=self._close_alert,
            groups=lambda: self._quota.groups.read().groups,
            auditor=self._audit.auditor,
            zone=self.platform.settings.zone,
            clock=self.platform.clock,
        )

    def _close_alert(self, alert_id: str) -> None:
        from solaris.alerts.alert import ResolvedWhy

        if self._alerts.store.close(alert_id, self.platform.clock(), ResolvedWhy.RESUMED):
            self._quota.changes.publish(alert_ids=[alert_id])
