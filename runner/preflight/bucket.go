package preflight

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"rundown/plan"
)

// bucketWithin bounds one request.
const bucketWithin = 10 * time.Second

// The vendors whose buckets speak the protocol of Amazon S3 at an address that is known.
const (
	amazon     = "s3"
	compatible = "s3-compatible"
)

// Checked says that Bucket can look at a storage.
func Checked(s *plan.Storage) bool {
	return s.Vendor.Name == amazon && s.Region.Name != "" || s.Vendor.Name == compatible && s.Endpoint != ""
}

// refusals are the answers of a bucket that mean that nothing can be stored in it. Where it does not let the keys list, it
// may let them write.
var refusals = map[string]string{
	"NoSuchBucket":          "there is no such bucket",
	"InvalidAccessKeyId":    "its access key is not known",
	"SignatureDoesNotMatch": "its secret key is wrong",
	"InvalidToken":          "its temporary credentials are not valid",
	"ExpiredToken":          "its temporary credentials have run out",
	"AccountProblem":        "there is a problem with the account",
	"AllAccessDisabled":     "all access to it is disabled",
}

// elsewhere are the answers of Amazon's buckets of other regions.
var elsewhere = map[string]bool{"PermanentRedirect": true, "AuthorizationHeaderMalformed": true}

// Bucket asks for the first name in a bucket, which it does not keep, and gives what is wrong. transport may be nil.
func Bucket(ctx context.Context, transport http.RoundTripper, s *plan.Storage, access, secret, token string) string {
	host, region, lookup := s.Endpoint, "us-east-1", minio.BucketLookupPath // a region that such stores take
	if s.Vendor.Name == amazon {
		region = strings.ToLower(strings.ReplaceAll(s.Region.Name, "_", "-"))
		host, lookup = "s3."+region+".amazonaws.com", minio.BucketLookupAuto
		if strings.HasPrefix(region, "cn-") {
			host += ".cn"
		}
	}
	client, err := minio.New(host, &minio.Options{
		Creds: credentials.NewStaticV4(access, secret, token), Secure: true, Region: region, BucketLookup: lookup, Transport: transport, MaxRetries: 1,
	})
	if err != nil {
		return "" // the plan's rules judge how it is written
	}
	look := func() string {
		ctx, cancel := context.WithTimeout(ctx, bucketWithin)
		defer cancel()
		first := <-client.ListObjects(ctx, s.Bucket, minio.ListObjectsOptions{MaxKeys: 1})
		switch answer := minio.ToErrorResponse(first.Err); {
		case first.Err == nil, errors.Is(ctx.Err(), context.Canceled):
			return ""
		case answer.StatusCode == 0:
			return unreached(first.Err)
		case s.Vendor.Name == amazon && elsewhere[answer.Code]:
			return "it is not in the region " + s.Region.Name
		default:
			return refusals[answer.Code]
		}
	}
	return twice(ctx, look(), look)
}
