package plan

func zoneHint(name string) tip { return didYouMean(name, zoneList()) }
