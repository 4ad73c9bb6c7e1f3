"""admin: the admin API under /api; every route is an operation of solaris.api.

The authorizer says who calls, the operation what they may do.
"""

from collections.abc import Callable
from typing import Any

from chalice.app import AuthResponse, Chalice, SQSEvent

from solaris.api import registered
from solaris.app import process_parts
from solaris.platform.aws.queues import Message
from solaris.platform.errors import UnauthenticatedError
from solaris.platform.web.mounting import mount

app = Chalice(app_name="ia-solaris-admin", configure_logs=False)


# API Gateway keeps an answer for 2 s: what is revoked is refused within 5 s everywhere.
@app.authorizer(ttl_seconds=2)
def signed_in(request: Any) -> AuthResponse:
    """Who the bearer of an access token or an admin key is; what they may do is not asked here."""
    try:
        name, context = process_parts().sign_in.authorizer.told(request.token)
    except UnauthenticatedError as error:
        # the one text of which API Gateway makes a 401
        raise Exception("Unauthorized") from error  # noqa: TRY002
    return AuthResponse(routes=["*"], principal_id=name, context=dict(context))


mount(app, process_parts().platform, process_parts().of, registered(), signed_in)


@app.lambda_function(name="keep_directory")
def keep_directory(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Keep the lists' replica and its snapshot, every ten minutes.

    Then look for what to tell of, and close the open alerts whose cause is gone: the replica
    knows both. Last, look after requests for tokens.
    """

    def remaining_seconds() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000

    report = process_parts().directory.keeper.run(remaining_seconds)
    told = process_parts().operations.watch.look()
    closed = process_parts().alerts.closer.run(remaining_seconds)
    looked_after = process_parts().accounts.request_upkeep.run(remaining_seconds)
    return report.body() | told.body() | closed.body() | looked_after.body()


@app.on_sqs_message(queue="solaris-local-exports", batch_size=1)
def run_exports(event: SQSEvent) -> dict[str, Any]:
    """Make one export; what is named in the answer is delivered again."""
    failed = []
    for record in event.to_dict()["Records"]:
        message = Message(
            message_id=record["messageId"],
            body=record["body"],
            receipt_handle=record["receiptHandle"],
            receives=int(record["attributes"].get("ApproximateReceiveCount", 1)),
        )
        if not process_parts().exports.jobs.run(message, _remaining(event)):
            failed.append({"itemIdentifier": message.message_id})
    return {"batchItemFailures": failed}


def _remaining(event: SQSEvent) -> Callable[[], float]:
    context: Any = event.context
    return lambda: context.get_remaining_time_in_millis() / 1000
