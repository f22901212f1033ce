"""What a server tells those who watch it."""

import http.client
import re


def scrape(server):
    """{series: value} of /metrics. A series is its name and then `label=value`, sorted, with spaces between."""
    text = fetch(server)
    assert text.endswith("# EOF\n")
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name_and_labels, value = line.rsplit(" ", 1)
        name, _, labels = name_and_labels.partition("{")
        pairs = sorted(re.findall(r'(\w+)="([^"]*)"', labels))
        series = " ".join([name, *(f"{label}={text}" for label, text in pairs)])
        assert series not in found, f"{series} is there twice"
        found[series] = float(value)
    return found


def fetch(server):
    # The address is in the log, which is text or JSON.
    address = re.search(r'address"?[=:]"?([0-9.]+:\d+)', server.log.read_text()).group(1)
    connection = http.client.HTTPConnection(address, timeout=60)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    finally:
        connection.close()
