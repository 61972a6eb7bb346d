"""The nightly copy in object storage: an asset of its own, where TRIFUSE_PUBLISH says where to."""

import dagster as dg

from assets.home import Home
from assets.objects import publish
from assets.reports.assets import report_index
from assets.serving import serving_snapshot
from assets.steps import teller


@dg.asset(deps=[serving_snapshot, report_index], group_name="serving", kinds={"s3", "parquet"}, code_version="1")
def published_copy(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """The snapshot, its tables as Parquet and the reports at TRIFUSE_PUBLISH; what is equal there is not sent again."""
    done = publish(home, home.publish, teller(context))
    facts = vars(done) | {"computed": bool(done.sent or done.removed), "dagster/uri": home.publish}
    return dg.MaterializeResult(data_version=dg.DataVersion(facts.pop("version")), metadata=facts)
