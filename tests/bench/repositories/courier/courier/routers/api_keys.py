from collections.abc import Sequence

from fastapi import APIRouter, status

from courier.clock import ClockDep
from courier.db import SessionDep
from courier.dependencies import PersonDep
from courier.errors import documented
from courier.models import ApiKey
from courier.schemas.api_key import ApiKeyIn, ApiKeyOut, NewApiKeyOut
from courier.schemas.ids import PathId
from courier.services import api_keys

router = APIRouter(prefix="/api-keys", tags=["api keys"])


@router.post("", status_code=status.HTTP_201_CREATED, responses=documented(401))
async def create_key(
    data: ApiKeyIn, session: SessionDep, person: PersonDep, clock: ClockDep
) -> NewApiKeyOut:
    key, secret = await api_keys.create_key(session, person, data.name, clock())
    return NewApiKeyOut(**ApiKeyOut.model_validate(key).model_dump(), key=secret)


@router.get("", response_model=list[ApiKeyOut], responses=documented(401))
async def list_keys(session: SessionDep, person: PersonDep) -> Sequence[ApiKey]:
    return await api_keys.list_keys(session, person)


@router.delete("/{key_id}", status_code=status.HTTP_204_NO_CONTENT, responses=documented(401, 404))
async def revoke_key(
    key_id: PathId, session: SessionDep, person: PersonDep, clock: ClockDep
) -> None:
    await api_keys.revoke_key(session, person, key_id, clock())
