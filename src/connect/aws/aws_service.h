// AWS as a service that the steps of packs can ask:
//
//   - call: iam.CreateRole
//     input: { RoleName: "{{name}}", AssumeRolePolicyDocument: "{{trust}}" }
//   - call: autoscaling.DescribeAutoScalingGroups
//     all: $.AutoScalingGroups               # all pages, joined
//   - wait: eks.NodegroupActive
//     input: { … }
//
// A refusal is an answer: its status, and {"code": "NoSuchEntity", "message": "…"} as its body.
#pragma once

#include <memory>
#include <string>

#include "connect/aws/aws_client.h"
#include "model/service_call.h"

namespace capstan::aws {

// Thread-safe.
class AwsService final : public ServiceCaller {
 public:
  // `settings`: region, profile, role, endpoint (in place of AWS' own, for all services), models (directories),
  // retries (standard or adaptive) and attempts. An unknown one is an error.
  static Result<std::unique_ptr<AwsService>> create(const Json& settings, AwsWorld world);

  Status check(const Json& request) const override;
  bool changes(const Json& request) const override;
  bool repeatable(const Json& request) const override;
  bool encodes(std::string_view) const override { return false; }
  std::string describe(const Json& request) const override;
  Result<capstan::ServiceAnswer> call(const ServiceCall& call, const std::stop_token& stop) override;
  std::string explain(const capstan::ServiceAnswer& answer) const override;

 private:
  AwsService(AwsSettings settings, AwsWorld world, CallOptions options)
      : client_(std::move(settings), std::move(world)), options_(std::move(options)) {}

  mutable AwsClient client_;
  CallOptions options_;
};

// Whether `request` can be one of AWS; whether there is such an operation is known where there are models.
Status check_aws_request(const Json& request);

}  // namespace capstan::aws
