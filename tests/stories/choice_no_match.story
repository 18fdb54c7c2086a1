# a Choice without a Default that no rule fits fails with States.Runtime, which nothing catches: there is no Catch here,
# and the Parallel's does not take it
--- definition
{"StartAt": "Around", "States": {
  "Around": {"Type": "Parallel", "Branches": [{"StartAt": "Which", "States": {
      "Which": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "One"}]},
      "One": {"Type": "Succeed"}}}],
    "Retry": [{"ErrorEquals": ["States.ALL"]}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}], "Next": "Caught"},
  "Caught": {"Type": "Succeed"}}}
--- input
{"n": 2}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 ParallelStateEntered
3<-2 ParallelStateStarted
4<-3 ChoiceStateEntered
5<-4 ExecutionFailed
<finish>
= FAILED States.Runtime: An error occurred while executing the state 'Which' (entered at the event id #4). Failed to transition out of the state. The state does not point to a next state.
