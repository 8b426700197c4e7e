"""One message and one context, without anything to import."""

from types import SimpleNamespace

CONTEXT = SimpleNamespace(request_id="1-abc", function=SimpleNamespace(timeout=10))
DOWNLOAD = (
    b'{"blockBusiness": true, "eventCategoryType": "resources-download", "eventType": "download-resources", '
    b'"extensionBizId": "job_6603123070", "messageBody": {"tenantId": 28378110656, "eventCode": "download-resources", '
    b'"moduleType": "sqlx_query", "operatorBaseId": "123936573123456", "operatorUid": "14931896037123456", '
    b'"fileName": "filename.csv", "fileSize": 10241024, "datasourceId": "1111", "datasourceName": "odps_first", '
    b'"queryDwProjectId": "90004", "queryDwProjectName": "test_project", "dataRowSize": "123456", '
    b'"sqlText": "select sku_code, sku_name from dim_sku"}, "messageId": "52d44ee7-b51f-4d4d-afeb-5b1a9c3e0001"}'
)
