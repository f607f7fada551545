// A call that is ready to be signed and sent. Only the sources of AwsClient include this.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connect/aws/aws_client.h"
#include "connect/aws/wire_request.h"

namespace capstan::aws {

struct AwsClient::Prepared {
  std::shared_ptr<const ServiceModel> model;  // Keeps the operation alive.
  const Operation* operation = nullptr;
  WireRequest request;
  RequestAddress address;
  SigningScope scope;
  std::shared_ptr<KeptCredentials> credentials;  // Null where nobody signs.
  std::string bucket;                            // Of S3, where its region is not the operator's choice; "" for none.

  std::string name() const { return model->service + " " + operation->name; }
};

// How far a call has come.
struct AwsClient::Tries {
  int number = 0;
  int taken = 0;  // From the quota, by the last retry.
  bool mended = false;
  bool moved = false;     // To the bucket's own region.
  bool in_doubt = false;  // One of the attempts may have happened: no later one can tell.
  Credentials used;
  std::vector<std::string> reasons;
};

// What a refusal is to those who want an output. `name` is "iam CreateRole".
Error error_of(const std::string& name, const CallAnswer& answer);

}  // namespace capstan::aws
