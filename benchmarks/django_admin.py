"""Django's admin over the table of documents, served by uvicorn as ours is: a peer that lists rows of any table."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
from psycopg.conninfo import conninfo_to_dict

from benchmarks.waiting import NoAnswerError, until
from tieout_sandbox.ports import free_port

SITE = """
import os, django
from django.conf import settings
settings.configure(
    DEBUG=False, SECRET_KEY="bench", ALLOWED_HOSTS=["*"], ROOT_URLCONF="site_of_bench", USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
        "django.contrib.messages", "documents"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {"context_processors": [
        "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages"]}}],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["BENCH_SQLITE"]},
        "books": {"ENGINE": "django.db.backends.postgresql", "NAME": os.environ["BENCH_DB"], "USER": os.environ["BENCH_USER"],
            "PASSWORD": os.environ["BENCH_PASSWORD"], "HOST": os.environ["BENCH_HOST"], "PORT": os.environ["BENCH_PORT"],
            "CONN_MAX_AGE": None},
    },
)
django.setup()
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import path
from documents.models import Document

class Listed(admin.ModelAdmin):
    list_display = ["source_key", "kind", "interface", "entity", "accounting_on", "measure_debit", "measure_credit", "state"]
    list_per_page = 50
    ordering = ["-document_id"]
    def get_queryset(self, request):
        return super().get_queryset(request).using("books")

admin.site.register(Document, Listed)
urlpatterns = [path("admin/", admin.site.urls)]
application = get_wsgi_application()
if os.environ.get("BENCH_SET_UP"):
    call_command("migrate", verbosity=0)
    get_user_model().objects.create_superuser("bench", "b@example.com", "bench")
"""
MODELS = """
from django.db import models

class Document(models.Model):
    document_id = models.BigIntegerField(primary_key=True)
    source_key = models.TextField()
    kind = models.TextField()
    interface = models.TextField()
    entity = models.TextField()
    accounting_on = models.DateField()
    measure_debit = models.DecimalField(max_digits=30, decimal_places=4)
    measure_credit = models.DecimalField(max_digits=30, decimal_places=4)
    state = models.TextField()

    class Meta:
        managed = False
        db_table = '"tieout"."document"'
        app_label = "documents"
"""


class Admin:
    """The admin, signed in to."""

    first = "/admin/documents/document/"

    def __init__(self, dsn: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        root = Path(self._folder.name)
        (root / "documents").mkdir()
        (root / "documents" / "__init__.py").touch()
        (root / "documents" / "models.py").write_text(MODELS)
        (root / "site_of_bench.py").write_text(SITE)
        found = conninfo_to_dict(dsn)
        port = free_port()
        environment = {
            **os.environ, "BENCH_SQLITE": str(root / "users.sqlite"), "BENCH_DB": str(found.get("dbname") or ""),
            "BENCH_USER": str(found.get("user") or ""), "BENCH_PASSWORD": str(found.get("password") or ""),
            "BENCH_HOST": str(found.get("host") or ""), "BENCH_PORT": str(found.get("port") or ""), "PYTHONPATH": str(root),
        }  # fmt: skip
        made = {**environment, "BENCH_SET_UP": "1"}
        subprocess.run(
            [sys.executable, "-c", "import site_of_bench"], env=made, cwd=root, check=True, timeout=120
        )
        command = [sys.executable, "-m", "uvicorn", "--interface", "wsgi", "--port", str(port), "--log-level", "error",
                   "--no-access-log", "site_of_bench:application"]  # fmt: skip
        self._process = subprocess.Popen(command, env=environment, cwd=root)
        self._http = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=300, follow_redirects=True)
        try:
            page = self._login_page()
        except NoAnswerError:
            self.stop()
            raise
        token = page.text.partition('csrfmiddlewaretoken" value="')[2].partition('"')[0]
        form = {"username": "bench", "password": "bench", "csrfmiddlewaretoken": token, "next": self.first}
        reply = self._http.post("/admin/login/", data=form, headers={"referer": str(page.url)})
        assert reply.status_code == 200 and "Document" in reply.text, reply.text[:500]
        assert urlsplit(str(reply.url)).path == self.first and not parse_qs(urlsplit(str(reply.url)).query)

    def _login_page(self) -> httpx2.Response:
        """As soon as it is served. Raises NoAnswerError."""
        found: list[httpx2.Response] = []

        def served() -> bool:
            if self._process.poll() is not None:
                raise NoAnswerError(
                    f"Django's admin ended with {self._process.returncode} before it answered"
                )
            try:
                found.append(self._http.get("/admin/login/"))
            except httpx2.HTTPError:
                return False
            return True

        until("Django's admin", 60, served)
        return found[0]

    def last(self, documents: int) -> str:
        """The last page's address."""
        return f"{self.first}?p={(documents + 49) // 50}"

    def timed(self, path: str) -> float:
        """Milliseconds of one page."""
        started = time.perf_counter()
        reply = self._http.get(path)
        took = (time.perf_counter() - started) * 1000
        assert reply.status_code == 200 and "result_list" in reply.text, reply.text[:300]
        return took

    def stop(self) -> None:
        self._http.close()
        self._process.terminate()
        self._process.wait(10)
        self._folder.cleanup()
