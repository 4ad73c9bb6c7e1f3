"""usage: takes usage events from the queue into the books."""

from typing import Any

from chalice.app import Chalice, SQSEvent

from solaris.app import process_parts
from solaris.platform.aws.queues import Message

app = Chalice(app_name="ia-solaris-usage", configure_logs=False)
# made with the process, so that the first batch does not wait for its clients
_ = process_parts().ledger.recorder


@app.on_sqs_message(queue="solaris-local-usage", batch_size=10)
def record_usage(event: SQSEvent) -> dict[str, Any]:
    """Book a batch; what is named in the answer is delivered again."""
    messages = [
        Message(message_id=record["messageId"], body=record["body"])
        for record in event.to_dict()["Records"]
    ]
    failed = process_parts().ledger.recorder.record_messages(messages)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
