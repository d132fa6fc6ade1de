from django.db import models


class Member(models.Model):
    class Tariff(models.TextChoices):
        ADULT = "adult"
        REDUCED = "reduced"
        CHILD = "child"

    card_number = models.CharField(max_length=12, unique=True)
    full_name = models.CharField(max_length=120)
    tariff = models.CharField(max_length=10, choices=Tariff, default=Tariff.ADULT)
    pin_hash = models.CharField(max_length=128)
    wrong_pins = models.PositiveSmallIntegerField(default=0)
    joined_on = models.DateField(auto_now_add=True)

    class Meta:
        ordering = ("full_name", "id")

    def __str__(self) -> str:
        return f"Member {self.pk}"


class StaffToken(models.Model):
    name = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
