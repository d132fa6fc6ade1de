from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from members.services import make_staff_token


class Command(BaseCommand):
    help = "Make a token for somebody of the staff; it is shown this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(make_staff_token(options["name"]))
