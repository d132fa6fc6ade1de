from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=120)

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class Book(models.Model):
    isbn = models.CharField(max_length=13, unique=True)
    title = models.CharField(max_length=200)
    published = models.PositiveSmallIntegerField(null=True)
    authors = models.ManyToManyField(Author, related_name="books")

    class Meta:
        ordering = ("title", "id")

    def __str__(self) -> str:
        return self.title


class Copy(models.Model):
    """One book that stands on a shelf."""

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="copies")
    barcode = models.CharField(max_length=20, unique=True)
    shelf = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ("barcode",)

    def __str__(self) -> str:
        return self.barcode
