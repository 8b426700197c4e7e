"""The names of all events' fields, without loading the classes that have them. A test compares the two."""

from __future__ import annotations

from typing import Final

_WRITTEN: Final = (
    "actualExpression alarmType appId assignee assigneeName baselineId baselineName baselineStatus "
    "beginRunningTime beginTime beginWaitResTime beginWaitTimeTime bizBeginTime bizDate bizEndTime bizdate "
    "blockBusiness blockType changeType channel checkResult checkResultStatus checkerType checkingConfig comment "
    "comments conflictMode createTime createUser cronExpress currentChannel currentReceiverValue dagId dagName "
    "dagType dataQualityEvaluationTaskId dataQualityTaskId dataRowSize dataSourceId dataSourceName datasource "
    "datasourceId datasourceName dateType deletedTaskInstanceIds description discrete enabled endTime entityId "
    "env envType errorMessageOnlyFailedFileIds eventCode eventType excludeNodeIds expectValue extensionBizId "
    "extensionBizName externalId externalType feedbackContent feedbackStatus fileCreateTime fileId fileName "
    "fileOwner fileSize fileType fileVersion finishTime fixedCheck flowId flowName forceRun hooks id ids "
    "inGroupId includeNodeIds ip isParallel isPrediction jobId jobIds matchExpression maxComputeProject "
    "methodName modifyTime moduleType multipleTimePeriods name needErrorMessage nodeId nodeIds nodeName "
    "notifications op opCode operationTime operator operatorBaseId operatorUid optTableType order owner ownerId "
    "parallelGroup priority process processId programType projectEnv projectId projectName projectType property "
    "queryDwProjectId queryDwProjectName receiverValue referenceValue remindId remindName remindType remindUnit "
    "repeatability resourceGroupIdentifier resourceGroupName resourceGroupType resourceType rootNodeId "
    "rootNodeProjectId ruleCheckId ruleId ruleName rules runtimeConf sampleValue samplingConfig schedulerType "
    "setting severity showTableMapping sqlText startAsV2 startFutureInstanceImmediately status tableGuid "
    "tableMapping tableMappings tableName tableType target targetEngineType targets taskId taskIds taskInstanceId "
    "taskStatus taskType templateCode templateId tenantId timeConsuming timestamp topicId trend trigger "
    "updateTime updatedChannel updatedReceiverValue uploadSourceType upstreamTaskInstanceIds "
    "useMultipleTimePeriods whetherToFilterDirtyData writeType"
)
FIELD_NAMES: Final = frozenset(_WRITTEN.split())
"""What DataWorks calls the fields of payloads, the outermost ones."""
