"""CloudZ's JSON API, the second half: subscriptions to the services, and roles on them."""
import shape
import tokens
from accounts import Subscription, SubscriptionRequest
from service import Refused, not_found, route
from world import stamp

PROVISION_SECONDS = 1
ACTIVE_SECONDS = 2
END_SECONDS = 2
SERVICE = shape.one_of(*tokens.AUDIENCES)


class SubscriptionCalls:
    @route("POST", "/api/v1/accounts/{}/subscriptions")
    def subscribe(self, call, identifier):
        account = self.account_for(call, identifier)
        body = call.read(service=SERVICE, plan=shape.one_of("trial"))
        if account.status != "ACTIVE":
            raise Refused(409, "ACCOUNT_NOT_ACTIVE", f"The account is {account.status}.")
        if self.terms_missing(account):
            raise Refused(409, "TERMS_NOT_ACCEPTED", "The account did not accept the current terms.")
        existing = account.subscription(body["service"]) or self.under_way(account, body["service"])
        if existing:
            raise Refused(409, "ALREADY_SUBSCRIBED", "There is a subscription or a request for one.", existing=existing.id)
        request = SubscriptionRequest(self.world.new_id("sr"), account.id, body["service"], body["plan"])
        self.requests[request.id] = request
        fails, self.failing = self.failing > 0, max(0, self.failing - 1)
        self.world.after(PROVISION_SECONDS, lambda: self.provision(request, fails))
        call.changed(f"subscription of {account.login} to {request.service} requested")
        return 202, request.shown(), [("Location", f"/api/v1/subscription-requests/{request.id}")]

    def under_way(self, account, service):
        return next((one for one in self.requests.values() if one.account == account.id and one.service == service
                     and one.status in ("REQUESTED", "PROVISIONING")), None)

    def provision(self, request, fails):
        request.status = "PROVISIONING"
        self.world.after(ACTIVE_SECONDS, lambda: self.complete(request, fails))

    def complete(self, request, fails):
        account = self.accounts.get(request.account)
        if fails or account is None or account.status != "ACTIVE":
            request.status, request.reason = "FAILED", "the service did not take the account"
            return
        subscription = Subscription(self.world.new_id("sub"), request.service, request.plan, "ACTIVE", self.world.now())
        account.subscriptions[subscription.id] = subscription
        request.status, request.subscription = "ACTIVE", subscription.id

    @route("GET", "/api/v1/subscription-requests/{}")
    def show_request(self, call, identifier):
        request = self.requests.get(identifier)
        if request is None:
            raise not_found("such request")
        if not call.caller.administrator and self.by_login[call.caller.login].id != request.account:
            raise not_found("such request")
        return 200, request.shown()

    @route("GET", "/api/v1/accounts/{}/subscriptions")
    def list_subscriptions(self, call, identifier):
        account = self.account_for(call, identifier)
        return 200, {"items": [one.shown() for one in account.subscriptions.values()]}

    @route("DELETE", "/api/v1/accounts/{}/subscriptions/{}")
    def end_subscription(self, call, identifier, subscription_id):
        account = self.account_for(call, identifier)
        subscription = account.subscriptions.get(subscription_id)
        if subscription is None:
            raise not_found("such subscription")
        if subscription.status == "ACTIVE":
            blocking = [{"kind": "role", "id": one["id"], "name": one["role"]} for one in account.roles.values()
                        if one["service"] == subscription.service]
            blocking += self.others[subscription.service].holdings(account.login)
            if blocking:
                raise Refused(409, "SUBSCRIPTION_IN_USE", "Something is left at the service.", blocking=blocking[:100])
            subscription.status = "TERMINATING"
            self.world.after(END_SECONDS, lambda: account.subscriptions.pop(subscription_id, None))
            call.changed(f"subscription of {account.login} to {subscription.service} ended")
        return 202, subscription.shown()

    @route("POST", "/api/v1/accounts/{}/roles")
    def grant_role(self, call, identifier):
        account = self.account_for(call, identifier)
        body = call.read(service=SERVICE, role=shape.one_of("SERVICE_ADMIN", "SERVICE_VIEWER"))
        if not account.subscribed(body["service"]):
            raise Refused(409, "SUBSCRIPTION_NOT_ACTIVE", "There is no active subscription to this service.")
        existing = next((one for one in account.roles.values() if (one["service"], one["role"]) == (body["service"], body["role"])), None)
        if existing:
            raise Refused(409, "ROLE_EXISTS", "The role was granted before.", existing=existing["id"])
        role = {"id": self.world.new_id("ra"), **body, "granted_at": stamp(self.world.now())}
        account.roles[role["id"]] = role
        call.changed(f"role {role['role']} on {role['service']} granted to {account.login}")
        return 201, role, [("Location", f"/api/v1/accounts/{account.id}/roles/{role['id']}")]

    @route("GET", "/api/v1/accounts/{}/roles")
    def list_roles(self, call, identifier):
        return 200, {"items": list(self.account_for(call, identifier).roles.values())}

    @route("DELETE", "/api/v1/accounts/{}/roles/{}")
    def revoke_role(self, call, identifier, role_id):
        account = self.account_for(call, identifier)
        role = account.roles.pop(role_id, None)
        if role is None:
            raise not_found("such role")
        call.changed(f"role {role['role']} on {role['service']} revoked from {account.login}")
        return (204,)
