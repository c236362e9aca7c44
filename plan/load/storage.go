package load

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"rundown/agora/catalog"
	"rundown/plan"
)

// defaultPrefix are the folders of a storage that sets none.
var defaultPrefix = []string{"{plan}", "{id}", "{date}"}

// storage reads an entry of storage. One with a mistake is defined all the same, so that recordings which name it have no finding of
// their own; rules skip what it lacks.
func (b *builder) storage(e *entry[storageKeys]) {
	u, k := b.root, &e.Value
	s := &plan.Storage{Name: e.Key.Text, Pos: u.src.Pos(e.Key.At), From: u.valuePositions(&k.positions)}
	s.Bucket = u.plain(&k.positions, "bucket", k.Bucket)
	u.notEmpty(&k.positions, "storage-bucket-required", "bucket", k.Bucket)
	u.bucket(k, s.Bucket)
	s.Endpoint = u.plain(&k.positions, "endpoint", k.Endpoint)
	s.SSE = u.plain(&k.positions, "sse", k.SSE)
	s.Tag = u.plain(&k.positions, "tag", k.Tag)
	if k.Near != nil && slices.Contains(catalog.Areas(), catalog.Area(*k.Near)) {
		s.Near = catalog.Area(*k.Near)
	}
	u.notEmpty(&k.positions, "storage-keys-required", "access_key", k.AccessKey)
	u.notEmpty(&k.positions, "storage-keys-required", "secret_key", k.SecretKey)
	s.AccessKey = u.textOf(&k.positions, "access_key", k.AccessKey, plan.TextSecret)
	s.SecretKey = u.textOf(&k.positions, "secret_key", k.SecretKey, plan.TextSecret)
	b.prefix(s, k)
	if k.self == (plan.Span{}) { // no mapping, which is reported already
		b.storages.add(u, e.Key, s)
		return
	}
	b.credentials(s, k)
	if k.Vendor != nil {
		if vendor, ok := catalog.VendorByName(*k.Vendor); ok {
			s.Vendor = vendor
			b.vendor(s, k)
		}
	}
	if b.storages.add(u, e.Key, s) {
		b.p.Storages = append(b.p.Storages, s)
	}
}

// bucket reports a bucket name that no vendor accepts: an address or a path. The documentation leaves the other rules
// to the vendors.
func (u *sourceFile) bucket(k *storageKeys, name string) {
	wrong := strings.IndexFunc(name, notInBucket)
	if wrong < 0 {
		return
	}
	hint := plan.NewHint("write the name only; folders belong in prefix")
	if only := bucketName(name); only != "" {
		hint = plan.WriteHint(only).Append("; folders belong in prefix")
	}
	r, _ := utf8.DecodeRuneInString(name[wrong:])
	u.advise("storage-bucket-required", k.value("bucket"), fmt.Sprintf("bucket %s contains %q and is not a valid bucket name", plan.Quoted(name), r), hint)
}

// bucketName finds the bucket in what people write instead of its name: an address, an ARN, or a bucket with a
// folder; "" where it is not certain. In an https address the bucket is the first label of the host, or the first
// folder.
func bucketName(text string) string {
	text = strings.TrimSpace(text)
	only := strings.TrimPrefix(text, "arn:aws:s3:::")
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		only = rest
		if scheme = strings.ToLower(scheme); scheme == "http" || scheme == "https" {
			host, path, _ := strings.Cut(rest, "/")
			store := storeHost.FindStringSubmatch(strings.ToLower(host))
			switch {
			case store == nil:
				return "" // any other host says nothing about the bucket
			case store[1] != "":
				only = strings.TrimSuffix(store[1], ".")
			default:
				only = path
			}
		}
	}
	only, _, _ = strings.Cut(only, "/")
	if strings.IndexFunc(only, notInBucket) >= 0 {
		return ""
	}
	return only
}

// storeHost matches the host names of the vendors' stores. The first group is the bucket in front of it, or empty.
var storeHost = regexp.MustCompile(`^([a-z0-9.-]+\.)?(s3[a-z0-9.-]*\.amazonaws\.com(?:\.cn)?|oss-[a-z0-9-]+\.aliyuncs\.com|cos\.[a-z0-9-]+\.myqcloud\.com|storage\.googleapis\.com|obs\.[a-z0-9-]+\.myhuaweicloud\.com|[a-z]+\.bcebos\.com)$`)

// notInBucket says whether no vendor accepts a character in a bucket name.
func notInBucket(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`/\:?#`, r)
}

// prefix reads the folders of a storage.
func (b *builder) prefix(s *plan.Storage, k *storageKeys) {
	if k.Prefix == nil {
		for _, element := range defaultPrefix {
			t, err := plan.NewText(element, plan.Pos{}, plan.TextTemplate)
			if err != nil {
				panic(err) // the default is ours
			}
			s.Prefix = append(s.Prefix, t)
		}
		return
	}
	for _, element := range k.Prefix.Value {
		if b.root.noReference("prefix", element) {
			continue
		}
		if t := b.root.text(element.Text, element.At, plan.TextTemplate); !t.IsZero() {
			s.Prefix = append(s.Prefix, t)
		}
	}
}

// credentials checks that a storage has keys, or sts instead.
func (b *builder) credentials(s *plan.Storage, k *storageKeys) {
	u := b.root
	_, access := k.find("access_key")
	_, secret := k.find("secret_key")
	place, sts := k.find("sts")
	switch {
	case sts && (access || secret):
		u.report("invalid-value", place.key, "sts replaces access_key and secret_key; give one or the other", "remove the keys, or sts")
	case !sts && !(access && secret):
		missing, pairs := "access_key and secret_key are", []string{`access_key: "${S3_ACCESS_KEY}"`, `secret_key: "${S3_SECRET_KEY}"`}
		if access {
			missing, pairs = "secret_key is", pairs[1:]
		} else if secret {
			missing, pairs = "access_key is", pairs[:1]
		}
		u.advise("storage-keys-required", k.self, missing+" missing in a storage", insertion(u.src, &k.positions, pairs...).Append(", or sts in their place"))
	}
	if k.STS == nil {
		return
	}
	s.STS = &plan.STS{File: u.plain(&k.STS.positions, "file", k.STS.File)}
	if k.STS.File != nil {
		s.STS.Pos = u.src.Pos(k.STS.value("file"))
	}
	if k.STS.Command != nil {
		for _, word := range *k.STS.Command {
			if !u.noReference("command", word) {
				s.STS.Command = append(s.STS.Command, word.Text)
			}
		}
		if len(*k.STS.Command) == 0 {
			u.report("invalid-value", k.STS.key("command"), "command names no program", "")
		}
	}
	_, command := k.STS.find("command")
	_, file := k.STS.find("file")
	if command == file {
		if command {
			u.report("invalid-value", k.STS.key("file"), "sts takes command or file, not both", "")
			return
		}
		u.report("missing-key", k.STS.self, "command or file is missing in sts", "")
	}
}

// vendor checks the keys that only some vendors take.
func (b *builder) vendor(s *plan.Storage, k *storageKeys) {
	u, v := b.root, s.Vendor
	region := u.plain(&k.positions, "region", k.Region)
	if _, given := k.find("region"); !given || k.Region != nil && !strings.Contains(*k.Region, "${") {
		b.region(s, k, region)
	}
	for _, key := range []string{"sse", "tag", "endpoint"} {
		takers := catalog.IntsOf("extparams-"+key, "vendors")
		if place, given := k.find(key); given && !slices.Contains(takers, int64(v.Number)) {
			u.advise("extparams-"+key, place.key, fmt.Sprintf("%s is for %s only, and the vendor is %s", key, vendorNames(takers), v.Name), removal(u.src, place))
		}
	}
	place, given := k.find("endpoint")
	switch needs := slices.Contains(catalog.IntsOf("extparams-endpoint", "vendors"), int64(v.Number)); {
	case needs && !given:
		u.report("extparams-endpoint", k.self, fmt.Sprintf("endpoint is missing; the vendor %s needs the host name of the store", v.Name), "add endpoint, as in endpoint: objects.school.example")
	case needs && (k.Endpoint != nil && (*k.Endpoint == "" || strings.ContainsAny(*k.Endpoint, "/ @?#"))):
		host := *k.Endpoint
		if _, after, ok := strings.Cut(host, "://"); ok {
			host = after
		}
		host, _, _ = strings.Cut(host, "/")
		var hint plan.Hint
		if host != "" && !strings.ContainsAny(host, " @?#$") {
			hint = plan.WriteHint(host)
		}
		u.advise("extparams-endpoint", place.value, "endpoint is the host name of the store, without scheme and path", hint)
	}
	if place, given := k.find("sts"); given && !slices.Contains(catalog.Ints("sts-vendors"), int64(v.Number)) {
		u.report("sts-vendors", place.key, fmt.Sprintf("sts works with %s, and the vendor is %s", vendorNames(catalog.Ints("sts-vendors")), v.Name), "give access_key and secret_key instead")
	}
}

// region resolves the vendor's region.
func (b *builder) region(s *plan.Storage, k *storageKeys, region string) {
	u, v := b.root, s.Vendor
	found, ok := v.Region(region)
	if ok {
		s.Region = found
		return
	}
	var regions []string
	for _, r := range v.Regions {
		if r.Name != "" {
			regions = append(regions, plan.RegionName(r.Name))
		}
	}
	place, given := k.find("region")
	switch _, withdrawn := v.WithdrawnRegion(region); {
	case !given:
		u.report("storage-region-values", k.self, fmt.Sprintf("region is missing in a storage of %s", v.Title), "add region, as in region: "+regions[0]+"; "+allRegions(regions))
	case len(regions) == 0:
		u.advise("storage-region-values", place.key, fmt.Sprintf("%s takes no region", v.Title), removal(u.src, place))
	case withdrawn:
		u.report("storage-region-values", place.value, fmt.Sprintf("%s is no longer a region of %s", plan.Quoted(region), v.Title), nearRegions(plan.RegionName(region), regions))
	default:
		u.advise("storage-region-values", place.value, fmt.Sprintf("%s is not a region of %s", plan.Quoted(region), v.Title), regionHint(v, region, regions))
	}
}

// regionHint suggests the region that is meant, or the closest few.
func regionHint(vendor catalog.Vendor, written string, regions []string) plan.Hint {
	region := plan.RegionName(written)
	if hint := nearRegion(region, regions); hint.Text != "" {
		return hint
	}
	if at := citiesOfS3[strings.ReplaceAll(region, " ", "-")]; at != "" && vendor.Name == "s3" && slices.Contains(regions, at) {
		return plan.WriteHint(at).Append(", the region of " + vendor.Title + " in " + written)
	}
	return plan.NewHint(nearRegions(region, regions))
}

// citiesOfS3 are the places by which people know the regions of Amazon S3, in the form of [plan.RegionName].
var citiesOfS3 = map[string]string{
	"frankfurt": "eu-central-1", "ireland": "eu-west-1", "dublin": "eu-west-1", "london": "eu-west-2", "paris": "eu-west-3",
	"stockholm": "eu-north-1", "milan": "eu-south-1", "virginia": "us-east-1", "ohio": "us-east-2", "oregon": "us-west-2",
	"canada": "ca-central-1", "montreal": "ca-central-1", "sao-paulo": "sa-east-1", "cape-town": "af-south-1", "bahrain": "me-south-1",
	"mumbai": "ap-south-1", "singapore": "ap-southeast-1", "sydney": "ap-southeast-2", "jakarta": "ap-southeast-3",
	"tokyo": "ap-northeast-1", "seoul": "ap-northeast-2", "osaka": "ap-northeast-3", "hong-kong": "ap-east-1",
	"beijing": "cn-north-1", "ningxia": "cn-northwest-1",
}

// nearRegions lists the closest regions of the same area, and says where all regions are listed.
func nearRegions(region string, regions []string) string {
	const most = 4
	area, _, _ := strings.Cut(region, "-")
	near := slices.DeleteFunc(slices.Clone(regions), func(r string) bool { return !strings.HasPrefix(r, area+"-") })
	if len(near) == 0 || len(region) > 80 {
		return allRegions(regions)
	}
	slices.SortStableFunc(near, func(a, b string) int { return plan.Typos(region, a) - plan.Typos(region, b) })
	return "the nearest are " + strings.Join(near[:min(most, len(near))], ", ") + "; " + allRegions(regions)
}

// allRegions says where the regions of a vendor are listed, or lists them if they are few.
func allRegions(regions []string) string {
	const few = 3
	if len(regions) <= few {
		return "listed are " + strings.Join(regions, ", ")
	}
	return "rundown rules storage-region-values lists all"
}

// nearRegion is the hint for a misspelt region. It never suggests another existing direction: ap-northeast is not a
// misspelling of cn-northeast, nor of ap-southeast.
func nearRegion(region string, regions []string) plan.Hint {
	area, rest, _ := strings.Cut(region, "-")
	side, _, _ := strings.Cut(rest, "-")
	return plan.DidYouMean(region, slices.DeleteFunc(slices.Clone(regions), func(r string) bool {
		return !strings.HasPrefix(r, area+"-") || compass.MatchString(side) && !strings.HasPrefix(r, area+"-"+side)
	}))
}

// compass matches the direction in the name of a region.
var compass = regexp.MustCompile(`^(north|south|east|west|central)+$`)

// vendorNames lists vendors for a message.
func vendorNames(numbers []int64) string {
	var list []string
	for _, n := range numbers {
		if v, ok := catalog.VendorByNumber(int(n)); ok {
			list = append(list, v.Name)
		}
	}
	return joinWords(list)
}
