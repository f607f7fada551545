#include "connect/kubernetes/verbs/stop_verb.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connect/kubernetes/verbs/verbs_bench.h"

namespace capstan::kubernetes {
namespace {

using testing::HasSubstr;

const std::string kKustomization = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations/shop";
const std::string kRelease = "/apis/helm.toolkit.fluxcd.io/v2/namespaces/shop/helmreleases/shop";
const std::string kApplication = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/shop";
const std::string kScaler = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/web";
const std::string kScaledObject = "/apis/keda.sh/v1alpha1/namespaces/shop/scaledobjects/web";

const std::string kFluxDisabled = "kustomize.toolkit.fluxcd.io/reconcile";
const std::string kHelmDisabled = "helm.toolkit.fluxcd.io/driftDetection";
const std::string kHeld = "autoscaling.keda.sh/paused-replicas";

// "manager" wrote the field by server-side apply.
std::string applied_by(const std::string& manager, const std::string& fields) {
  return fmt::format(R"({{"metadata":{{"managedFields":[{{"manager":"{}","operation":"Apply",
      "fieldsV1":{{"f:spec":{{{}}}}}}}]}}}})",
                     manager, fields);
}

class StopVerbTest : public ClusterVerbsTest {
 protected:
  StopVerbTest() {
    types_.push_back(
        {.group = "kustomize.toolkit.fluxcd.io", .version = "v1", .plural = "kustomizations", .kind = "Kustomization"});
    types_.push_back(
        {.group = "helm.toolkit.fluxcd.io", .version = "v2", .plural = "helmreleases", .kind = "HelmRelease"});
    types_.push_back({.group = "argoproj.io", .version = "v1alpha1", .plural = "applications", .kind = "Application"});
    types_.push_back({.group = "keda.sh", .version = "v1alpha1", .plural = "scaledobjects", .kind = "ScaledObject"});
  }

  void is_of_flux() {
    objects_.merge(kWeb, R"({"metadata":{"labels":{"kustomize.toolkit.fluxcd.io/name":"shop",
        "kustomize.toolkit.fluxcd.io/namespace":"flux-system"}}})");
    objects_.merge(kWeb, applied_by("kustomize-controller", R"("f:replicas":{},"f:template":{})"));
    objects_.put(kKustomization, R"({"kind":"Kustomization","metadata":{"name":"shop","namespace":"flux-system"},
        "spec":{"path":"./deploy"}})");
  }
  void is_of_release(const std::string& mode) {
    objects_.merge(kWeb, R"({"metadata":{"labels":{"helm.toolkit.fluxcd.io/name":"shop",
        "helm.toolkit.fluxcd.io/namespace":"shop"}}})");
    objects_.put(kRelease, fmt::format(R"({{"kind":"HelmRelease","metadata":{{"name":"shop","namespace":"shop"}},
        "spec":{{"driftDetection":{{"mode":"{}"}}}}}})",
                                       mode));
  }
  void is_of_argo(const std::string& spec = R"("syncPolicy":{"automated":{"prune":true,"selfHeal":true}})") {
    objects_.merge(kWeb, R"({"metadata":{"annotations":{
        "argocd.argoproj.io/tracking-id":"shop:apps/Deployment:shop/web",
        "kubectl.kubernetes.io/last-applied-configuration":"{\"spec\":{\"replicas\":3}}"}}})");
    objects_.put(kApplication, fmt::format(R"({{"kind":"Application",
        "metadata":{{"name":"shop","namespace":"argocd"}},
        "spec":{{"source":{{"repoURL":"https://bot:geheim@git.example.org/shop","path":"deploy"}},{}}},
        "status":{{"resources":[{{"group":"apps","kind":"Deployment","namespace":"shop","name":"web"}}]}}}})",
                                           spec));
  }
  void is_scaled(int least) {
    objects_.put(kScaler, fmt::format(R"({{"metadata":{{"name":"web","namespace":"shop"}},
        "spec":{{"minReplicas":{},"maxReplicas":9,
                 "scaleTargetRef":{{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}}}}}})",
                                      least));
  }

  std::string beside(const std::string& name, const Resource& target, const Json& parameters) {
    return dynamic_cast<const TellsSideEffects&>(verb(name)).beside(target, parameters);
  }

  int64_t replicas() const { return objects_.at(kWeb)["spec"]["replicas"].int_or(-1); }
  Json annotations() const { return objects_.at(kWeb)["metadata"]["annotations"]; }
  // What a person sees of the object, without the server's own counting.
  static std::string as_it_is(Json object) {
    Json metadata = object["metadata"];
    metadata.mutable_members().erase("resourceVersion");
    if (metadata["annotations"].members().empty()) metadata.mutable_members().erase("annotations");
    object.set("metadata", metadata);
    return object.dump();
  }
  std::string all_as_it_is() const {
    std::string text;
    for (const std::string& path : {kWeb, kKustomization, kRelease, kApplication, kScaler, kScaledObject}) {
      if (objects_.has(path)) text += as_it_is(objects_.at(path)) + "\n";
    }
    return text;
  }

  const Json refuse_ = Json::object();
  const Json pause_ = Json::object({{"gitops", "pause"}});
};

TEST_F(StopVerbTest, StopsAndStartsWithAsManyAsBefore) {
  const std::string before = all_as_it_is();
  EXPECT_EQ(act("stop", web(), refuse_).says, "0 replicas in place of 3");
  EXPECT_EQ(replicas(), 0);
  EXPECT_EQ(annotations()["capstan/stopped"].string_or_empty(), R"({"paused":[],"replicas":3})");
  EXPECT_EQ(probe("stop", web(), refuse_), ProbeAnswer::kHappened);
  EXPECT_EQ(act("start", web(), {}).says, "3 replicas again");
  EXPECT_EQ(probe("start", web(), {}), ProbeAnswer::kHappened);
  EXPECT_EQ(all_as_it_is(), before);
}

TEST_F(StopVerbTest, UndoneItIsAsItWas) {
  const std::string before = all_as_it_is();
  act("stop", web(), refuse_);
  EXPECT_EQ(undo("stop", web(), refuse_).says, "3 replicas again");
  EXPECT_EQ(probe("stop", web(), refuse_), ProbeAnswer::kDidNotHappen);
  EXPECT_EQ(all_as_it_is(), before);
}

TEST_F(StopVerbTest, TakesOnlyTheWordsItKnows) {
  EXPECT_EQ(act("stop", web(), Json::object({{"gitops", "stop"}})).says,
            "'gitops' must be refuse or pause, found \"stop\"");
  EXPECT_EQ(objects_.changes, 0);
}

TEST_F(StopVerbTest, DoesNotFightFluxUnlessItIsToldTo) {
  is_of_flux();
  const Performed done = act("stop", web(), refuse_);
  EXPECT_EQ(done.state, ActionState::kSkipped);
  EXPECT_EQ(done.says,
            "Flux's kustomization flux-system/shop decides how many replicas it has, and would put them back: change "
            "them in its source (path ./deploy), or give 'gitops: pause', which has it leave this object alone until "
            "kubernetes.start");
  EXPECT_THAT(act("scale", web(), Json::object({{"replicas", 1}})).says, HasSubstr("flux-system/shop decides"));
  EXPECT_EQ(objects_.changes, 0);
}

TEST_F(StopVerbTest, HasFluxLeaveThisObjectAloneUntilItIsStarted) {
  is_of_flux();
  const std::string before = all_as_it_is();
  EXPECT_EQ(act("stop", web(), pause_).says,
            "0 replicas in place of 3; Flux's kustomization flux-system/shop paused for it");
  EXPECT_EQ(annotations()[kFluxDisabled].string_or_empty(), "disabled");
  EXPECT_FALSE(objects_.at(kKustomization)["spec"].contains("suspend"));
  EXPECT_EQ(act("start", web(), {}).says, "3 replicas again; given back to Flux's kustomization flux-system/shop");
  EXPECT_EQ(all_as_it_is(), before);
}

TEST_F(StopVerbTest, KeepsAPauseThatIsAPersonsOwn) {
  is_of_flux();
  objects_.merge(kWeb, fmt::format(R"({{"metadata":{{"annotations":{{"{}":"disabled"}}}}}})", kFluxDisabled));
  EXPECT_EQ(act("stop", web(), refuse_).says, "0 replicas in place of 3");
  act("start", web(), {});
  EXPECT_EQ(annotations()[kFluxDisabled].string_or_empty(), "disabled");
}

TEST_F(StopVerbTest, LeavesAnAnnotationThatSomebodyHasChangedSince) {
  is_of_flux();
  act("stop", web(), pause_);
  objects_.merge(kWeb, fmt::format(R"({{"metadata":{{"annotations":{{"{}":"enabled"}}}}}})", kFluxDisabled));
  act("start", web(), {});
  EXPECT_EQ(annotations()[kFluxDisabled].string_or_empty(), "enabled");
  EXPECT_FALSE(annotations().contains("capstan/stopped"));
}

TEST_F(StopVerbTest, StopsWhatFluxHasNoWordIn) {
  is_of_flux();
  objects_.merge(kWeb, applied_by("kustomize-controller", R"("f:template":{})"));
  EXPECT_EQ(act("stop", web(), refuse_).says, "0 replicas in place of 3");
}

// Nobody takes the field for Capstan's own where a manifest may set it, nor for another's where none does.
TEST_F(StopVerbTest, WritesByAnotherNameWhileSomebodyIsPaused) {
  act("stop", web(), refuse_);
  EXPECT_THAT(http_.requests().back().url, HasSubstr("/scale?fieldManager=capstan"));
  EXPECT_THAT(http_.requests().back().url, Not(HasSubstr("capstan-paused")));
  act("start", web(), {});
  is_of_flux();
  act("stop", web(), pause_);
  EXPECT_THAT(http_.requests().back().url, HasSubstr("/scale?fieldManager=capstan-paused"));
}

TEST_F(StopVerbTest, AsksWhereAnotherHandHidesWhatTheManifestSays) {
  is_of_flux();
  objects_.merge(kWeb, R"({"metadata":{"managedFields":[
      {"manager":"kustomize-controller","operation":"Apply","fieldsV1":{"f:spec":{"f:template":{}}}},
      {"manager":"kubectl","operation":"Update","subresource":"scale","fieldsV1":{"f:spec":{"f:replicas":{}}}}]}})");
  EXPECT_THAT(act("stop", web(), refuse_).says, HasSubstr("gitops: pause"));
}

TEST_F(StopVerbTest, StopsWhatASuspendedKustomizationHas) {
  is_of_flux();
  objects_.merge(kKustomization, R"({"spec":{"suspend":true}})");
  EXPECT_EQ(act("stop", web(), refuse_).says, "0 replicas in place of 3");
}

TEST_F(StopVerbTest, PausesAHelmReleaseOnlyWhereItCorrectsDrift) {
  is_of_release("warn");
  EXPECT_EQ(act("stop", web(), refuse_).says, "0 replicas in place of 3");
  act("start", web(), {});
  is_of_release("enabled");
  EXPECT_THAT(act("stop", web(), refuse_).says, HasSubstr("Flux's Helm release shop/shop decides"));
  const std::string before = all_as_it_is();
  act("stop", web(), pause_);
  EXPECT_EQ(annotations()[kHelmDisabled].string_or_empty(), "disabled");
  act("start", web(), {});
  EXPECT_EQ(all_as_it_is(), before);
}

TEST_F(StopVerbTest, NamesTheApplicationAndItsSourceWithoutThePassword) {
  is_of_argo();
  const std::string says = act("stop", web(), refuse_).says;
  EXPECT_THAT(says, HasSubstr("Argo CD's application argocd/shop decides"));
  EXPECT_THAT(says, HasSubstr("git.example.org/shop, path deploy"));
  EXPECT_THAT(says, Not(HasSubstr("geheim")));
}

TEST_F(StopVerbTest, HasArgoIgnoreThisFieldOfThisObjectUntilItIsStarted) {
  is_of_argo();
  const std::string before = all_as_it_is();
  EXPECT_EQ(act("stop", web(), pause_).says,
            "0 replicas in place of 3; Argo CD's application argocd/shop paused for it");
  const Json spec = objects_.at(kApplication)["spec"];
  EXPECT_EQ(
      spec["ignoreDifferences"].dump(),
      R"([{"group":"apps","jsonPointers":["/spec/replicas"],"kind":"Deployment","name":"web","namespace":"shop"}])");
  EXPECT_EQ(spec["syncPolicy"].dump(),
            R"({"automated":{"prune":true,"selfHeal":true},"syncOptions":["RespectIgnoreDifferences=true"]})");
  act("start", web(), {});
  EXPECT_EQ(all_as_it_is(), before);
}

TEST_F(StopVerbTest, AnApplicationIsGivenBackOnlyWhenItsLastObjectIsStarted) {
  is_of_argo();
  const std::string api = "/apis/apps/v1/namespaces/shop/deployments/api";
  std::string text = objects_.at(kWeb).dump();
  for (size_t at; (at = text.find("web\"")) != std::string::npos;) text.replace(at, 3, "api");
  objects_.put(api, text);
  objects_.merge(kApplication, R"({"status":{"resources":[
      {"group":"apps","kind":"Deployment","namespace":"shop","name":"web"},
      {"group":"apps","kind":"Deployment","namespace":"shop","name":"api"}]}})");
  const std::string before = all_as_it_is();
  EXPECT_EQ(act("stop", web(), pause_).state, ActionState::kSucceeded);
  EXPECT_EQ(act("stop", target("k8s_deployment", api), pause_).state, ActionState::kSucceeded);
  act("start", web(), {});
  const Json spec = objects_.at(kApplication)["spec"];
  EXPECT_EQ(spec["ignoreDifferences"].items().size(), 1u);
  EXPECT_EQ(spec["ignoreDifferences"].items()[0]["name"].string_or_empty(), "api");
  EXPECT_EQ(spec["syncPolicy"]["syncOptions"].dump(), R"(["RespectIgnoreDifferences=true"])");
  act("start", target("k8s_deployment", api), {});
  EXPECT_EQ(all_as_it_is(), before);
}

TEST_F(StopVerbTest, TakesOutWhatItPutInForWhatWasDeletedWhileItWasStopped) {
  is_of_argo();
  const std::string api = "/apis/apps/v1/namespaces/shop/deployments/api";
  const Json has_web = objects_.at(kApplication)["status"]["resources"];
  const auto has = [&](const Json& resources) {
    objects_.merge(kApplication, Json::object({{"status", Json::object({{"resources", resources}})}}).dump());
  };
  Json has_both = has_web;
  has_both.push_back(Json::parse(R"({"group":"apps","kind":"Deployment","namespace":"shop","name":"api"})").value());
  std::string text = objects_.at(kWeb).dump();
  for (size_t at; (at = text.find("web\"")) != std::string::npos;) text.replace(at, 3, "api");
  objects_.put(api, text);
  const std::string before = all_as_it_is();
  const auto rules = [&] { return objects_.at(kApplication)["spec"]["ignoreDifferences"].items().size(); };
  has(has_both);
  EXPECT_EQ(act("stop", target("k8s_deployment", api), pause_).state, ActionState::kSucceeded);
  // Somebody takes it out of git, and Argo CD prunes it. Nobody will ever start it.
  objects_.remove(api);
  has(has_web);
  EXPECT_EQ(act("stop", web(), pause_).state, ActionState::kSucceeded);
  EXPECT_EQ(rules(), 1u);
  EXPECT_EQ(objects_.at(kApplication)["metadata"]["annotations"]["capstan/paused"].string_or_empty().find("api"),
            std::string::npos);
  act("start", web(), {});
  EXPECT_EQ(all_as_it_is(), before);

  // The same where it goes while the other is stopped; but an application that has no list at the moment has lost none.
  objects_.put(api, text);
  has(has_both);
  EXPECT_EQ(act("stop", target("k8s_deployment", api), pause_).state, ActionState::kSucceeded);
  EXPECT_EQ(act("stop", web(), pause_).state, ActionState::kSucceeded);
  EXPECT_EQ(rules(), 2u);
  objects_.remove(api);
  has(Json::array());
  act("start", web(), {});
  EXPECT_EQ(rules(), 1u);
  has(has_web);
  EXPECT_EQ(act("stop", web(), pause_).state, ActionState::kSucceeded);
  EXPECT_EQ(rules(), 1u);
  act("start", web(), {});
  EXPECT_EQ(all_as_it_is(), before);
}

TEST_F(StopVerbTest, LeavesWhatAPersonHasAddedToTheApplicationMeanwhile) {
  is_of_argo(R"("syncPolicy":{"automated":{"selfHeal":true},"syncOptions":["CreateNamespace=true"]})");
  act("stop", web(), pause_);
  Json rules = objects_.at(kApplication)["spec"]["ignoreDifferences"];
  rules.push_back(Json::object({{"group", ""}, {"kind", "Service"}, {"jsonPointers", Json::array({"/spec/x"})}}));
  objects_.merge(kApplication, Json::object({{"spec", Json::object({{"ignoreDifferences", rules}})}}).dump());
  act("start", web(), {});
  const Json spec = objects_.at(kApplication)["spec"];
  EXPECT_EQ(spec["ignoreDifferences"].items().size(), 1u);
  EXPECT_EQ(spec["ignoreDifferences"].items()[0]["kind"].string_or_empty(), "Service");
  EXPECT_EQ(spec["syncPolicy"]["syncOptions"].dump(), R"(["CreateNamespace=true"])");
}

TEST_F(StopVerbTest, StopsWhatArgoWouldNotPutBack) {
  for (const std::string spec :
       {R"("syncPolicy":{})", R"("syncPolicy":{"automated":{"selfHeal":true,"enabled":false}})",
        R"("syncPolicy":{"automated":{"prune":true}})",
        R"("syncPolicy":{"automated":{"selfHeal":true}},
           "ignoreDifferences":[{"group":"apps","kind":"Deployment","jsonPointers":["/spec/replicas"]}])",
        R"("syncPolicy":{"automated":{"selfHeal":true}},
           "ignoreDifferences":[{"group":"*","kind":"*","jqPathExpressions":[".spec.replicas"]}])"}) {
    is_of_argo(spec);
    const std::string before = all_as_it_is();
    EXPECT_EQ(act("stop", web(), refuse_).says, "0 replicas in place of 3") << spec;
    act("start", web(), {});
    EXPECT_EQ(all_as_it_is(), before) << spec;
  }
}

TEST_F(StopVerbTest, StopsWhatTheManifestSaysNothingOf) {
  is_of_argo();
  objects_.merge(kWeb, R"({"metadata":{"annotations":{
      "kubectl.kubernetes.io/last-applied-configuration":"{\"spec\":{\"template\":{}}}"}}})");
  EXPECT_EQ(act("stop", web(), refuse_).says, "0 replicas in place of 3");
}

TEST_F(StopVerbTest, RefusesWhatAnApplicationSetWouldTakeBack) {
  is_of_argo();
  objects_.merge(kApplication, R"({"metadata":{"ownerReferences":[{"kind":"ApplicationSet","name":"shops"}]}})");
  EXPECT_THAT(act("stop", web(), pause_).says, HasSubstr("the ApplicationSet shops would take every pause out again"));
  EXPECT_EQ(objects_.changes, 0);
}

TEST_F(StopVerbTest, RefusesWhatTheApplicationsOwnManifestWouldTakeBack) {
  is_of_argo(R"("syncPolicy":{"automated":{"selfHeal":true},"syncOptions":["CreateNamespace=true"]})");
  objects_.merge(kApplication, R"({"metadata":{"annotations":{
      "argocd.argoproj.io/tracking-id":"root:argoproj.io/Application:argocd/shop",
      "kubectl.kubernetes.io/last-applied-configuration":"{\"spec\":{\"syncPolicy\":{\"syncOptions\":[]}}}"}}})");
  EXPECT_THAT(act("stop", web(), pause_).says, HasSubstr("its own manifest lists its sync options"));
  EXPECT_EQ(objects_.changes, 0);
}

TEST_F(StopVerbTest, RefusesToChangeHowOtherDifferencesAreSynced) {
  is_of_argo(R"("syncPolicy":{"automated":{"selfHeal":true}},
                "ignoreDifferences":[{"group":"","kind":"Service","jsonPointers":["/spec/x"]}])");
  EXPECT_THAT(act("stop", web(), pause_).says, HasSubstr("give it the sync option RespectIgnoreDifferences=true"));
}

TEST_F(StopVerbTest, KnowsWhoseItIsWhereArgoIsElsewhere) {
  is_of_argo();
  objects_.remove(kApplication);
  EXPECT_THAT(act("stop", web(), pause_).says, HasSubstr("application shop decides"));
  // A copy of somebody else's annotation says nothing.
  objects_.merge(kWeb, R"({"metadata":{"annotations":{
      "argocd.argoproj.io/tracking-id":"shop:apps/Deployment:elsewhere/web"}}})");
  EXPECT_EQ(act("stop", web(), refuse_).says, "0 replicas in place of 3");
}

TEST_F(StopVerbTest, AnInstanceLabelCountsOnlyWhereTheApplicationSaysSo) {
  objects_.merge(kWeb, R"({"metadata":{"labels":{"app.kubernetes.io/instance":"shop"}}})");
  EXPECT_EQ(act("stop", web(), refuse_).says, "0 replicas in place of 3");
  act("start", web(), {});
  is_of_argo();
  objects_.merge(kWeb, R"({"metadata":{"annotations":null}})");
  EXPECT_THAT(act("stop", web(), refuse_).says, HasSubstr("argocd/shop decides"));
}

TEST_F(StopVerbTest, AnAutoscalerLetsGoAtZeroAndDecidesAboveIt) {
  is_scaled(2);
  EXPECT_EQ(act("scale", web(), Json::object({{"replicas", 5}})).says,
            "the autoscaler web decides how many replicas it has, and would put them back: it keeps between 2 and 9: "
            "change these");
  EXPECT_EQ(act("stop", web(), refuse_).says, "0 replicas in place of 3");
  EXPECT_EQ(act("start", web(), {}).says, "3 replicas again");
  act("scale", web(), Json::object({{"replicas", 0}}));
  EXPECT_EQ(act("scale", web(), Json::object({{"replicas", 3}})).says, "3 replicas in place of 0");
}

TEST_F(StopVerbTest, RefusesWhereAnAutoscalerScalesFromZero) {
  is_scaled(0);
  EXPECT_THAT(act("stop", web(), refuse_).says, HasSubstr("with a minReplicas of 1 it rests"));
}

TEST_F(StopVerbTest, HoldsKedaAtZeroByItsOwnAnnotation) {
  is_scaled(1);
  objects_.merge(kScaler, R"({"metadata":{"ownerReferences":[{"kind":"ScaledObject","name":"web"}]}})");
  objects_.put(kScaledObject,
               R"({"metadata":{"name":"web","namespace":"shop"},"spec":{"scaleTargetRef":{"name":"web"}}})");
  EXPECT_THAT(act("stop", web(), pause_).says, HasSubstr("give 'autoscaler: pause'"));
  const std::string before = all_as_it_is();
  EXPECT_EQ(act("stop", web(), Json::object({{"autoscaler", "pause"}})).says,
            "0 replicas in place of 3; KEDA's scaled object shop/web paused for it");
  EXPECT_EQ(objects_.at(kScaledObject)["metadata"]["annotations"][kHeld].string_or_empty(), "0");
  act("start", web(), {});
  EXPECT_EQ(all_as_it_is(), before);
  objects_.merge(kScaledObject, fmt::format(R"({{"metadata":{{"annotations":{{"{}":"4"}}}}}})", kHeld));
  EXPECT_THAT(act("stop", web(), Json::object({{"autoscaler", "pause"}})).says, HasSubstr("holds 4: take it out"));
}

TEST_F(StopVerbTest, RemembersTheFirstNumberWhereSomebodyWokeItMeanwhile) {
  is_of_flux();
  act("stop", web(), pause_);
  objects_.merge(kWeb, R"({"spec":{"replicas":2}})");
  EXPECT_EQ(act("stop", web(), pause_).state, ActionState::kSucceeded);
  EXPECT_EQ(undo("stop", web(), pause_).says, "2 replicas again");
  EXPECT_EQ(annotations()[kFluxDisabled].string_or_empty(), "disabled");
  act("stop", web(), pause_);
  EXPECT_EQ(act("start", web(), {}).says, "3 replicas again; given back to Flux's kustomization flux-system/shop");
}

TEST_F(StopVerbTest, LeavesTheNumberThatSomebodyHasSetWhileItWasStopped) {
  is_of_flux();
  act("stop", web(), pause_);
  objects_.merge(kWeb, R"({"spec":{"replicas":2}})");
  const Json stopped = before_;
  EXPECT_THAT(act("start", web(), {}).says, HasSubstr("left at 2"));
  EXPECT_EQ(replicas(), 2);
  EXPECT_FALSE(annotations().contains(kFluxDisabled));
}

TEST_F(StopVerbTest, LeavesAloneWhatItHasNotStopped) {
  objects_.merge(kWeb, R"({"spec":{"replicas":0}})");
  EXPECT_EQ(verb("start").perform(action("start", {}), web(), *verb("start").state_before(web(), {}), {}).says,
            "it was not stopped by kubernetes.stop: left alone");
  EXPECT_EQ(verb("stop").perform(action("stop", {}), web(), *verb("stop").state_before(web(), {}), {}).says,
            "it had none already");
  EXPECT_EQ(objects_.changes, 0);
}

TEST_F(StopVerbTest, AStartIsTakenBackWithItsPauses) {
  is_of_argo();
  act("stop", web(), pause_);
  const std::string stopped = all_as_it_is();
  act("start", web(), {});
  EXPECT_EQ(undo("start", web(), {}).says, "0 replicas again, as before it was started");
  EXPECT_EQ(all_as_it_is(), stopped);
}

// A crash between any two changes: the probe does not take it for done, and done again it is as if nothing had been.
TEST_F(StopVerbTest, GoesOnAfterACrashAnywhere) {
  is_of_argo();
  is_of_flux();
  const std::string before = all_as_it_is();
  for (int at = 1; at <= 3; ++at) {
    const Json state = *verb("stop").state_before(web(), pause_);
    objects_.changes = 0;
    objects_.fails_at_change = at;
    EXPECT_NE(verb("stop").perform(action("stop", pause_), web(), state, {}).state, ActionState::kSucceeded) << at;
    objects_.fails_at_change = 0;
    EXPECT_NE(verb("stop").probe(action("stop", pause_), web(), state), ProbeAnswer::kHappened) << at;
    EXPECT_EQ(act("stop", web(), pause_).state, ActionState::kSucceeded) << at;
    EXPECT_EQ(probe("stop", web(), pause_), ProbeAnswer::kHappened) << at;
    const std::string stopped = all_as_it_is();

    const Json starting = *verb("start").state_before(web(), {});
    objects_.changes = 0;
    objects_.fails_at_change = at;
    EXPECT_NE(verb("start").perform(action("start", {}), web(), starting, {}).state, ActionState::kSucceeded) << at;
    objects_.fails_at_change = 0;
    EXPECT_NE(verb("start").probe(action("start", {}), web(), starting), ProbeAnswer::kHappened) << at;
    EXPECT_EQ(act("start", web(), {}).state, ActionState::kSucceeded) << at;
    EXPECT_EQ(all_as_it_is(), before) << at;
    EXPECT_NE(stopped, before);
  }
}

TEST_F(StopVerbTest, SaysInThePlanWhomItPauses) {
  is_of_argo();
  is_of_flux();
  EXPECT_EQ(beside("stop", web(), pause_),
            "pauses Flux's kustomization flux-system/shop, Argo CD's application shop for this object, until it is "
            "started");
  EXPECT_THAT(beside("stop", web(), refuse_), HasSubstr("refused where Flux's kustomization flux-system/shop"));
  EXPECT_EQ(dynamic_cast<const TellsSideEffects*>(&verb("restart")), nullptr);
}

TEST_F(StopVerbTest, SaysWhatIsWrongWithANoteThatIsNotItsOwn) {
  objects_.merge(kWeb, R"({"metadata":{"annotations":{"capstan/stopped":"yes"}}})");
  EXPECT_THAT(act("start", web(), {}).says, HasSubstr("its annotation capstan/stopped is none of Capstan's"));
}

}  // namespace
}  // namespace capstan::kubernetes
