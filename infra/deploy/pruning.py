"""Which files of the installed wheels a function needs at run time.

Lambda unpacks at most 250 MB of a function and its layers, and what is not there need not be
fetched at a cold start.
"""

from pathlib import PurePosixPath

# The services that the functions call (tests/unit/infra/test_deploy_packaging.py holds it).
AWS_SERVICES = frozenset({"dynamodb", "s3", "secretsmanager", "ses", "sesv2", "sqs", "sts"})
# chalice's command line and deployer are not for run time.
CHALICE_FILES = frozenset({"__init__.py", "app.py"})

_TEST_FOLDERS = frozenset({"tests", "test", "testing"})
_SOURCES = frozenset({".pyi", ".pyx", ".pxd", ".pxi", ".c", ".cc", ".cpp", ".h", ".hpp", ".typed"})
_DATA_FOLDER_PARTS = 3  # botocore/data/<service>


def is_needed(path: PurePosixPath) -> bool:
    """Whether a file belongs into the layer; `path` begins with the package's own folder."""
    first, *rest = path.parts
    if not rest:
        return path.suffix in {".py", ".so"}
    if first.endswith(".dist-info"):
        return rest == ["METADATA"]  # some ask for their own version while they are imported
    if first == "bin" or path.suffix in _SOURCES or path.name.startswith("_testcapi"):
        return False
    if first == "chalice":
        return len(rest) == 1 and rest[0] in CHALICE_FILES
    if first in {"boto3", "botocore"} and rest[0] == "data":
        return len(path.parts) == _DATA_FOLDER_PARTS or rest[1] in AWS_SERVICES
    return not _TEST_FOLDERS.intersection(rest[:-1])
