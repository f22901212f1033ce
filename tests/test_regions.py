"""Regions: which there are, and that each is a world of its own."""

import urllib.parse

import pytest

import signed_requests
import snapshots
from aws_clients import client, refused
from server_process import AWAY, HOME
from snapshots import filled


def test_every_configured_region_is_described(server, ec2):
    regions = {region["RegionName"]: region for region in ec2.describe_regions()["Regions"]}
    assert set(regions) == {HOME, AWAY}
    port = str(urllib.parse.urlsplit(server.endpoint).port)
    for region in regions.values():
        assert region["OptInStatus"] == "opt-in-not-required"
        assert region["Endpoint"].endswith(port)


def test_regions_are_found_by_name_and_filter(ec2):
    assert [found["RegionName"] for found in ec2.describe_regions(RegionNames=[AWAY])["Regions"]] == [AWAY]
    answer = ec2.describe_regions(Filters=[{"Name": "region-name", "Values": ["*-west-*"]}])
    assert [found["RegionName"] for found in answer["Regions"]] == [AWAY]


def test_an_unknown_region_name_is_refused(ec2):
    with refused("InvalidParameterValue", status=400):
        ec2.describe_regions(RegionNames=["mars-north-1"])


@pytest.mark.parametrize("region", [HOME, AWAY])
def test_zones_belong_to_their_region(server, region):
    zones = client(server, "ec2", region).describe_availability_zones()["AvailabilityZones"]
    assert zones
    for zone in zones:
        assert (zone["RegionName"], zone["State"]) == (region, "available")
        assert zone["ZoneName"].startswith(region)
        assert zone["ZoneId"]


def test_zones_are_found_by_name(ec2):
    name = ec2.describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
    assert len(ec2.describe_availability_zones(ZoneNames=[name])["AvailabilityZones"]) == 1


def test_a_snapshot_is_not_seen_from_another_region(server):
    snapshot_id = snapshots.upload(server, {0: filled(1)})
    with refused("InvalidSnapshot.NotFound", status=400):
        snapshots.describe(server, snapshot_id, AWAY)
    with refused("ResourceNotFoundException", status=404):
        client(server, "ebs", AWAY).list_snapshot_blocks(SnapshotId=snapshot_id)


def test_a_region_that_is_not_served_is_refused(server):
    answer = signed_requests.query(server, "DescribeSnapshots", region="eu-west-1")
    assert 400 <= answer.status < 500 and answer.code, answer.text


def test_the_caller_is_told_who_it_is(server, account):
    for region in (HOME, AWAY):
        identity = client(server, "sts", region).get_caller_identity()
        assert identity["Account"] == account
        assert identity["Arn"] == f"arn:aws:iam::{account}:root"
        assert identity["UserId"]
