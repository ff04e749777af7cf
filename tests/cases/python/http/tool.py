import json
import urllib.error
import urllib.request

import belljar
import requests


def run(input):
    found = {}
    answer = requests.get(f"{input}/echo", params={"q": "a b"}, headers={"X-Seen": "1"}, timeout=5)
    found["requests"] = [answer.status_code, answer.ok, answer.json()]
    posted = belljar.http.post(f"{input}/echo", json={"a": [1, 2]})
    found["posted"] = json.loads(posted.json()["body"])
    with urllib.request.urlopen(f"{input}/text") as page:
        found["urllib"] = [page.status, page.read().decode()]
    for open_it in (lambda: requests.get(f"{input}/none").raise_for_status(), lambda: urllib.request.urlopen(f"{input}/none")):
        try:
            open_it()
        except (requests.HTTPError, urllib.error.HTTPError) as error:
            found.setdefault("none", []).append(type(error).__module__)
    return found
