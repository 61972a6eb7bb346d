"""`trifuse publish`: the snapshot, its tables and the reports, copied to object storage."""

from __future__ import annotations

import click

from orchestration.resources import home
from orchestration.settings import Settings


@click.command()
@click.argument("address")
def publish(address: str) -> None:
    """Copy the serving snapshot, its tables as Parquet and the reports to ADDRESS, s3://bucket/prefix.

    What is equal there is not sent again. With TRIFUSE_PUBLISH=ADDRESS every run does so by itself.
    Credentials and endpoint are those of AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL.
    """
    from assets.objects import publish as send

    done = send(home(Settings.from_environment()), address, lambda line: click.echo(line, err=True))
    click.echo(
        f"{address}: {done.sent} files sent ({done.bytes / 1e6:,.1f} MB), {done.unchanged} unchanged, "
        f"{done.removed} removed"
    )
