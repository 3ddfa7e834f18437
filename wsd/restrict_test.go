package main

import (
	"testing"

	"chatter/shared/hardentest"
)

func TestRestrictions_ForbidWhatItDoesNotNeed(t *testing.T) { hardentest.Attempts(t) }

func TestRestrictions_OutliveReloadsAndAllowWhatOperatorsDo(t *testing.T) {
	hardentest.Reload(t, hardentest.MoreReloads, mainVariable+"=1")
}

func TestRun_DoesNotServeAsRoot(t *testing.T) { hardentest.Root(t, mainVariable+"=1") }
