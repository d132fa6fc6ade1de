from typing import Annotated

from fastapi import Path

PathId = Annotated[int, Path(ge=1, le=2**31 - 1)]
