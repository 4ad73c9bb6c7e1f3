"""reset: opens the month for everybody, sweeps what was left undone, reconciles.

Invoked by schedules (EventBridge Scheduler; infra/local/run/schedule.py on one machine). A run that
answers `running` is to be invoked again: it goes on where it stopped.
"""

from typing import Any

from chalice.app import Chalice

from solaris.app import process_parts

STOP_SECONDS = 30.0

app = Chalice(app_name="ia-solaris-reset", configure_logs=False)
# made with the process, so that the first run does not wait for its clients
_ = process_parts().months.resetter


@app.lambda_function(name="open_period")
def open_period(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Open the current period for every user, as far as the time allows."""
    report = process_parts().months.resetter.run(
        lambda: context.get_remaining_time_in_millis() / 1000
    )
    return report.body()


@app.lambda_function(name="sweep_reservations")
def sweep_reservations(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Expire the overdue reservations of users who have not come back.

    Then queue the month's summary, where it waited for answers that were open at midnight, and
    bring plans to those who have them, where a change was not brought to everybody yet.
    """

    def remaining_seconds() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000

    report = process_parts().gateway.sweeper.run(remaining_seconds)
    process_parts().months.resetter.tell_summary(remaining_seconds)
    brought = process_parts().accounts.propagation.run(lambda: remaining_seconds() - STOP_SECONDS)
    return report.body() | brought.body()


@app.lambda_function(name="reconcile_books")
def reconcile_books(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Hold the books against their records, once a month, as far as the time allows."""
    report = process_parts().reconciliation.runner.run(
        lambda: context.get_remaining_time_in_millis() / 1000
    )
    return report.body()
