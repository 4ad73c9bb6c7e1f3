"""alerts: records crossed thresholds and monthly summaries, mails about them, feeds the channels.

Also takes in what SES says about these mails: bounces and complaints.
"""

from typing import Any

from chalice.app import Chalice, SQSEvent

from solaris.app import process_parts
from solaris.platform.aws.queues import Message

app = Chalice(app_name="ia-solaris-alerts", configure_logs=False)


@app.on_sqs_message(queue="solaris-local-alerts", batch_size=10)
def send_alert(event: SQSEvent) -> dict[str, Any]:
    """Handle a batch; what is named in the answer is delivered again."""
    return _failures(process_parts().alerts.alerter.handle_messages(_messages(event)))


@app.on_sqs_message(queue="solaris-local-channels", batch_size=10)
def deliver_to_channels(event: SQSEvent) -> dict[str, Any]:
    """Handle a batch; a function of its own, so that no receiver holds up a mail."""
    return _failures(process_parts().channels.deliverer.handle_messages(_messages(event)))


# No `on_sns_message`: Chalice's SNSEvent insists on MessageAttributes, which ministack leaves out.
@app.lambda_function(name="record_mail_event")
def record_mail_event(event: dict[str, Any], context: Any) -> None:  # noqa: ARG001 - Lambda's signature
    """Take in a bounce or a complaint; what is raised makes Lambda call again, and keep it."""
    for record in event["Records"]:
        process_parts().alerts.suppressions.record(record["Sns"]["Message"])


def _messages(event: SQSEvent) -> list[Message]:
    return [
        Message(
            message_id=record["messageId"],
            body=record["body"],
            receipt_handle=record["receiptHandle"],
            receives=int(record["attributes"].get("ApproximateReceiveCount", 1)),
        )
        for record in event.to_dict()["Records"]
    ]


def _failures(failed: list[str]) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
